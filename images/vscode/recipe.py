"""What goes into /opt/code-server, what is left out of it, and why."""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path

from images.building import BuildFailed, remove
from images.vscode import known_extensions
from images.vscode.npm import NodeRuntime
from images.vscode.python_packages import python_package

HERE = Path(__file__).parent

VSCODE = Path("node_modules/code-server/lib/vscode")
"""Where VS Code lies inside the code-server folder."""

_PAGE = VSCODE / "out/vs/code/browser/workbench/workbench.html"
_STYLE_SHEET = '<link rel="stylesheet" href="{{WORKBENCH_WEB_BASE_URL}}/out/vs/code/browser/workbench/workbench.css">'
_ICONS = "src/browser/media"
"""code-server's own, which its start page asks of the workspace."""
_ICONS_AT_THE_EDGE = "resources/code-server"

DEBUGPY = VSCODE / "extensions/apranova-python-debug/server/debugpy"

PARTS = "parts.js"
"""code-server's scripts that START uses, and what those load, in one file next to them."""

START, BEFORE_START, COMPILE = "server.js", "hand_on.js", "compile.js"
"""At the top of the folder: the script that tasks start, what Node loads before it, and what keeps
the compiled code of both."""

_COMPILED = (
    "server",
    "vs/workbench/api/node/extensionHostProcess",
    "vs/platform/terminal/node/ptyHostMain",
    "vs/platform/files/node/watcher/watcherMain",
)
_STUDENT_UID = 1000

DROPPED_EXTENSIONS = (
    "copilot",  # needs an account and the internet, and 30 MB
    "mermaid-markdown-features",
    "github",  # publishes to GitHub; git itself is there (github-authentication stays: the start asks for it)
    "microsoft-authentication",
    "tunnel-forwarding",  # would publish a port past the gateway
)

# Copilot's agent runtime: only the chat features start it, which are off. No lock file of ours has
# its modules (copilot-sdk, sqlite3, ssh2 …), nor kerberos (proxy sign-on): VS Code loads it on
# demand and continues without.
DROPPED_PATHS = ("out/vs/platform/agentHost", "out/vs/sessions")


STAND_INS = ("spdlog", "deviceid", "native-watchdog")
"""Modules of @vscode/ that would have to be compiled; install/<name>/ has their replacement."""


def install(node: NodeRuntime, into: Path) -> None:
    """code-server itself and its modules, from the committed lock files."""
    node.install(HERE / "install/code-server", into)
    if not (into / VSCODE / "product.json").is_file():
        raise BuildFailed("The code-server package is not laid out as expected", "Report this with the version")


def install_start(node: NodeRuntime, code_server: Path) -> None:
    """Our start in one process; it uses internals that another code-server may not have."""
    start = code_server / START
    for script in (START, BEFORE_START, COMPILE):
        shutil.copyfile(HERE / "install" / script, code_server / script)
    missing = node.run([str(node.node), str(start), "--missing"], cwd=code_server).splitlines()
    if missing:
        raise BuildFailed(
            f"code-server has changed: its start needs {', '.join(missing)}",
            f"Compare images/vscode/install/{START} with the new version's out/node/entry.js and wrapper.js",
        )


def bundle_start(node: NodeRuntime, code_server: Path, scratch: Path) -> None:
    """One file of code-server's own scripts and the packages that they load: a quarter of a start's
    processor time. esbuild is there for the extensions."""
    entry = code_server / PARTS
    shutil.copyfile(HERE / "install" / PARTS, entry)
    options = ["--bundle", "--platform=node", "--format=cjs", "--target=node24", "--minify", "--log-level=error"]
    options += ["--external:argon2", "--external:proxy-agent"]  # the one is compiled, the other rarely used and large
    options += [f"--outfile={code_server / 'node_modules/code-server/out/node' / PARTS}"]
    node.run(
        [str(node.node), str(scratch / "python/node_modules/esbuild/bin/esbuild"), str(entry), *options],
        cwd=code_server,
    )
    entry.unlink()


def install_vscode_modules(node: NodeRuntime, code_server: Path, scratch: Path) -> None:
    """What VS Code's server and its extensions load, without code-server's own install script."""
    vscode = code_server / VSCODE
    node.install(HERE / "install/vscode-server", scratch / "vscode-server")
    (scratch / "vscode-server/node_modules").rename(vscode / "node_modules")
    for stand_in in STAND_INS:
        shutil.copytree(HERE / "install" / stand_in, vscode / "node_modules/@vscode" / stand_in)
    node.install(HERE / "install/typescript", scratch / "typescript")
    (scratch / "typescript/node_modules").rename(vscode / "extensions/node_modules")
    for folder, name, script in (("remote-cli", "code-server", "code"), ("helpers", "browser.sh", "browser")):
        link = vscode / "bin" / folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(f"{script}-linux.sh")


def install_extensions(node: NodeRuntime, code_server: Path, scratch: Path) -> None:
    """Our own built-in extensions: plain folders next to VS Code's."""
    extensions = code_server / VSCODE / "extensions"
    shutil.copytree(HERE / "extensions/apranova", extensions / "apranova-workspace")
    for name in ("python-debug", "tests", "project-tools"):
        shutil.copytree(HERE / "extensions" / name, extensions / f"apranova-{name}")
    shutil.copytree(
        python_package("debugpy"), code_server / DEBUGPY, ignore=shutil.ignore_patterns("__pycache__", "*.c", "*.pyx")
    )

    target = _bundle("python", node, extensions, scratch, entries=("extension",))
    pyright = scratch / "python/node_modules/pyright"
    shutil.copytree(pyright / "dist", target / "server/dist", ignore=shutil.ignore_patterns("*.map", "pyright.js"))
    for name in ("langserver.index.js", "package.json", "LICENSE.txt"):
        shutil.copyfile(pyright / name, target / "server" / name)

    target = _bundle("tailwind", node, extensions, scratch, entries=("extension", "tailwind-client"))
    (target / "server/bin").mkdir(parents=True)
    # Without its watchers for files: VS Code watches for it.
    for name in ("bin/tailwindcss-language-server", "bin/oxide-helper.js", "LICENSE", "ThirdPartyNotices.txt"):
        shutil.copyfile(scratch / "tailwind/node_modules/@tailwindcss/language-server" / name, target / "server" / name)


def _bundle(name: str, node: NodeRuntime, extensions: Path, scratch: Path, *, entries: tuple[str, ...]) -> Path:
    """One file of each entry, with the npm packages that it uses; all but the first only on demand.

    Their names must be nobody else's: `./client` is a file of vscode-languageclient, too.
    """
    source, work, target = HERE / "extensions" / name, scratch / name, extensions / f"apranova-{name}"
    node.install(source, work)
    shutil.copytree(source / "src", work / "src")
    options = ["--bundle", "--platform=node", "--format=cjs", "--target=node24", "--minify"]
    options += ["--external:vscode", *(f"--external:./{entry}" for entry in entries[1:])]
    options += ["--outdir=dist", "--log-level=error"]
    scripts = [f"src/{entry}.js" for entry in entries]
    node.run([str(node.node), "node_modules/esbuild/bin/esbuild", *scripts, *options], cwd=work)
    shutil.copytree(work / "dist", target / "dist")
    manifest = json.loads((source / "package.json").read_text())
    for built_in in ("dependencies", "devDependencies"):
        manifest.pop(built_in)
    (target / "package.json").write_text(json.dumps(manifest, indent=2))
    for data in source.glob("*-rules.json"):
        shutil.copyfile(data, target / data.name)
    return target


def prune(code_server: Path) -> None:
    """Leave out what no student can use: two thirds of the bytes."""
    vscode = code_server / VSCODE
    for name in DROPPED_EXTENSIONS:
        remove(vscode / "extensions" / name)
    for name in DROPPED_PATHS:
        remove(vscode / name)
    here = f"linux-{_node_architecture()}"
    for binaries in (
        vscode / "node_modules/@vscode/ripgrep-universal/bin",
        vscode / "node_modules/node-pty/prebuilds",
        code_server / "node_modules/argon2/prebuilds",
    ):
        for folder in binaries.iterdir():
            if folder.name != here:
                remove(folder)
        if not (binaries / here).is_dir():
            raise BuildFailed(
                f"VS Code has no ready {binaries.parent.name} for {here}",
                "Use a machine with an x64 or arm64 processor",
            )
    for name in ("third_party", "src", "deps"):
        remove(vscode / "node_modules/node-pty" / name)
    for source_map in code_server.rglob("*.map"):
        if source_map.is_file():
            source_map.unlink()


def compile_scripts(node: NodeRuntime, code_server: Path) -> None:
    """Keep what V8 compiles at the start, and which extensions VS Code's server finds: two fifths
    of a start's processor time."""
    known_extensions.set_time(code_server / VSCODE / "extensions")
    for program in _COMPILED:
        node.run([str(node.node), str(code_server / COMPILE), program], cwd=code_server)
    known_extensions.move_to_mount(code_server)
    (made,) = (code_server / "compiled").iterdir()
    # Node reads only its own user's, and names the folder `<version>-<processor>-<uid>`.
    made.rename(made.with_name(f"{made.name.rpartition('-')[0]}-{_STUDENT_UID}"))


def complete_page(code_server: Path) -> None:
    """Put our scripts into VS Code's start page: settings, page/colors.js, page/lost.js.

    A style sheet in the head would hold up the first paint, for which page/colors.js is there; from
    the body it still comes before VS Code's own scripts.

    VS Code's web workbench takes `configurationDefaults` with its start page. They hold at the
    first paint, a student's own settings win, a new image changes them for everyone, and no home
    needs a file for them. An extension's `configurationDefaults` come too late for the first load.
    """
    defaults = json.dumps(json.loads((HERE / "defaults.json").read_text()), separators=(",", ":")).replace(
        "<", "\\u003c"
    )
    script = (
        '<script nonce="{{WORKBENCH_SCRIPT_NONCE}}">{'
        'const meta = document.getElementById("vscode-workbench-web-configuration");'
        'const options = JSON.parse(meta.getAttribute("data-settings"));'
        f"options.configurationDefaults = {{...options.configurationDefaults, ...{defaults}}};"
        # VSCODE_PROXY_URI (application.py): terminals get it from here, with the host in it.
        # VS Code's server replaces what stands in two braces, so they do not stand together.
        "const product = options.productConfiguration;"
        'const host = "{" + "{host}}";'
        "if (product) product.proxyEndpointTemplate = product.proxyEndpointTemplate?.replace(host, location.host);"
        'meta.setAttribute("data-settings", JSON.stringify(options));'
        "}</script>\n" + _script((HERE / "page/lost.js").read_text())
    )
    page = code_server / _PAGE
    html = page.read_text()
    anchor = '<body aria-label="">'
    expected = (anchor, _STYLE_SHEET, 'id="vscode-workbench-web-configuration"')
    if any(html.count(part) != 1 for part in expected):
        raise BuildFailed("VS Code's start page has changed", "Adapt images/vscode/recipe.py to the new version")
    html = html.replace(_STYLE_SHEET, _script((HERE / "page/colors.js").read_text()))
    page.write_text(html.replace(anchor, f"{script}{anchor}\n{_STYLE_SHEET}\n"))


def _script(text: str) -> str:
    return f'<script nonce="{{{{WORKBENCH_SCRIPT_NONCE}}}}">{text}</script>\n'


def copy_icons(code_server: Path) -> None:
    """Put the start page's icons among the static files, so that the edge serves them."""
    shutil.copytree(code_server / "node_modules/code-server" / _ICONS, code_server / VSCODE / _ICONS_AT_THE_EDGE)
    page = code_server / _PAGE
    html = page.read_text().replace(
        f"{{{{BASE}}}}/_static/{_ICONS}/", f"{{{{WORKBENCH_WEB_BASE_URL}}}}/{_ICONS_AT_THE_EDGE}/"
    )
    if "/_static/" in html or _ICONS_AT_THE_EDGE not in html:
        raise BuildFailed("VS Code's start page has changed", "Adapt images/vscode/recipe.py to the new version")
    page.write_text(html)


def is_servers_alone(path: str) -> bool:
    """Whether no browser asks for this file of VS Code."""
    folders = ("bin/", "node_modules/@vscode/ripgrep-universal/bin/")
    folders += tuple(f"extensions/apranova-{name}/server/" for name in ("python", "python-debug", "tailwind"))
    return path.endswith((".node", ".sh", ".cmd", ".py", ".pyi")) or path.startswith(folders)


def commit(code_server: Path) -> str:
    """The commit in the path of VS Code's static files."""
    return str(json.loads((code_server / VSCODE / "product.json").read_text())["commit"])


def version(lock: Path = HERE / "install/code-server/package-lock.json") -> str:
    return str(json.loads(lock.read_text())["packages"]["node_modules/code-server"]["version"])


def _node_architecture() -> str:
    return {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
