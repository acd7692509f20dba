"""The field of a request that holds a zip."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from backend.cohorts.schemas import bytes_of_base64
from contract.hand_out_files import PACKED_BYTES_MAX

Zip = Annotated[str, Field(max_length=PACKED_BYTES_MAX * 3 // 2), AfterValidator(bytes_of_base64)]
