"""What a published picamera2 promises, read from its wheel without importing it.

Run it with a wheel to remake the golden file when the pinned version moves:
`python tests/hardware/published.py picamera2-0.3.38-py3-none-any.whl`.
"""

import ast
import json
import sys
import zipfile
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden" / "picamera2-0.3.38.json"

# class -> the methods and properties of it that a till uses
USED = {
    "picamera2/picamera2.py": {
        "Picamera2": (
            "__init__", "camera_controls", "cancel_all_and_flush", "captured_request", "close",
            "configure", "create_video_configuration", "global_camera_info", "set_controls",
            "start", "stop",
        ),
    },
    "picamera2/request.py": {
        "CompletedRequest": ("get_metadata", "release"),
        "MappedArray": ("__enter__", "__exit__", "__init__", "array"),
    },
}  # fmt: skip
# Sentences of errors that the till must not run into.
RULES = ("lores stream dimensions may not exceed main stream", "lores stream must be YUV")


def facts(wheel: Path) -> dict[str, object]:
    """Parameters with their defaults, kinds of methods, and rules, as the golden file has them."""
    told: dict[str, object] = {}
    sources = ""
    with zipfile.ZipFile(wheel) as archive:
        for name, classes in USED.items():
            source = archive.read(name).decode()
            sources += source
            for node in ast.parse(source).body:
                if isinstance(node, ast.ClassDef) and node.name in classes:
                    for method in node.body:
                        if isinstance(method, ast.FunctionDef) and (
                            method.name in classes[node.name]
                        ):
                            told[f"{node.name}.{method.name}"] = _signature(method)
    told["rules"] = [rule for rule in RULES if rule in sources]
    return told


def _signature(method: ast.FunctionDef) -> dict[str, object]:
    """Names and defaults in their order, and what decorates it."""
    given = method.args
    assert not given.posonlyargs
    assert not given.kwonlyargs
    defaults = [ast.unparse(default) for default in given.defaults]
    names = [argument.arg for argument in given.args]
    required = len(names) - len(defaults)
    return {
        "parameters": names,
        "defaults": dict(zip(names[required:], defaults, strict=True)),
        "decorators": [ast.unparse(each) for each in method.decorator_list],
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(facts(Path(sys.argv[1])), indent=1, sort_keys=True) + "\n")
