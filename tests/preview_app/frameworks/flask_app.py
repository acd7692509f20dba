"""A student's first Flask app: a form, a session, a redirect to an absolute address."""

from flask import Flask, redirect, request, session, url_for

app = Flask(__name__)
app.secret_key = "a student's"


@app.get("/")
def home() -> str:
    name = session.get("name", "")
    return f"<h1>Hello {name}</h1><form method=post action=/name><input name=name><button>Save</button></form>"


@app.post("/name")
def save() -> object:
    session["name"] = request.form["name"]
    return redirect(url_for("home", _external=True))
