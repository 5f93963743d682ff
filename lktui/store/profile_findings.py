"""What the doctor says of a profile's file."""

from __future__ import annotations

from lktui.core.doctor import Check, CheckState, Finding
from lktui.core.problems import ProblemCode, problem
from lktui.core.sanitize import clean
from lktui.store.profiles import ProfileFile, invalid


def file_finding(file: ProfileFile) -> Finding:
    """Judge a profile's file by its faults, its warnings and its mode."""
    place = clean(str(file.path)) if file.path else "none: the LIVEKIT_ variables make it"
    if file.faults:
        return Finding(
            check=Check.FILE,
            state=CheckState.FAILED,
            detail=file.faults[0].words,
            problem=invalid(file),
            seen=tuple(fault.words for fault in file.faults),
        )
    if file.warnings:
        return Finding(
            check=Check.FILE,
            state=CheckState.DOUBT,
            detail=file.warnings[0].words,
            problem=problem(
                ProblemCode.FILE_DOUBTFUL,
                why="; ".join(fault.words for fault in file.warnings),
                what="; ".join(dict.fromkeys(fault.resolution for fault in file.warnings)),
            ),
            seen=(place,),
        )
    mode = f", {file.mode:04o}" if file.mode else ""
    return Finding(check=Check.FILE, state=CheckState.OK, detail=f"{place}{mode}")
