"""A student's FastAPI app: a WebSocket, and events one by one."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse, StreamingResponse

app = FastAPI()


@app.get("/", response_class=HTMLResponse)
def home() -> str:
    return "<h1>FastAPI</h1>"


@app.websocket("/socket")
async def socket(connection: WebSocket) -> None:
    await connection.accept()
    while True:
        await connection.send_text(f"echo {await connection.receive_text()}")


@app.get("/events")
async def events() -> StreamingResponse:
    async def tell() -> AsyncIterator[str]:
        for number in range(3):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0.3)

    return StreamingResponse(tell(), media_type="text/event-stream")
