"""Where a request's body ends, so that nothing behind it reaches the application."""

from __future__ import annotations

from agent.http_head import BadHead, Head

_CHUNK_LINE_BYTES_MAX = 4096


class Body:
    """Follows one request's body through pieces of any size; `take` returns what belongs to it."""

    def __init__(self, head: Head) -> None:
        encodings = [value.strip().lower() for value in head.values("transfer-encoding")]
        lengths = set(head.values("content-length"))
        if encodings and (encodings != [b"chunked"] or lengths or head.minor_version == 0):
            raise BadHead("the body's length is ambiguous")
        if len(lengths) > 1 or any(not (length.isdigit() and len(length) < 16) for length in lengths):
            raise BadHead("the body's length is ambiguous")
        self._chunked = bool(encodings)
        self._left = int(lengths.pop()) if lengths else 0
        self._state = "size" if self._chunked else "plain"
        self._line = b""
        self.done = not self._chunked and self._left == 0

    def take(self, data: bytes) -> bytes:
        """The part of `data` that belongs to the body. Raises BadHead when chunks are malformed."""
        position = 0
        while position < len(data) and not self.done:
            if self._state in ("plain", "data"):
                step = min(self._left, len(data) - position)
                self._left -= step
                position += step
                if self._left == 0:
                    self.done = self._state == "plain"
                    self._state = "after data"
            else:
                end = data.find(b"\n", position)
                stop = len(data) if end < 0 else end + 1
                self._line += data[position:stop]
                position = stop
                if len(self._line) > _CHUNK_LINE_BYTES_MAX:
                    raise BadHead("a chunk's line is too long")
                if end >= 0:
                    line, self._line = self._line, b""
                    self._end_of_line(line)
        return data[:position]

    def _end_of_line(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            raise BadHead("a chunk's line does not end as it must")
        text = line[:-2]
        if self._state == "after data":
            if text:
                raise BadHead("a chunk is longer than it says")
            self._state = "size"
        elif self._state == "size":
            digits = text.partition(b";")[0].strip()
            if not digits or len(digits) > 15 or digits.strip(b"0123456789abcdefABCDEF"):
                raise BadHead("a chunk's size is not a number")
            self._left = int(digits, 16)
            self._state = "data" if self._left else "trailer"
        elif not text:
            self.done = True
