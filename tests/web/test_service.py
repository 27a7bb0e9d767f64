from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

import nanonet
from nanonet.curve import Quantity
from nanonet.dataset import Dataset
from nanonet.design import inverse
from nanonet.design.targets import parse
from nanonet.errors import InputError
from nanonet.learn.train import train_gaussian_process
from nanonet.predict import views
from nanonet.predict.prediction import Checked, Prediction
from nanonet.predict.predictor import Predictor
from nanonet.space import Input, InputSpace
from nanonet.web import batches
from nanonet.web.answers import Answers
from nanonet.web.app import create_app
from nanonet.web.bodies import RefusedError
from nanonet.web.schemas import MAX_DETAILED, MAX_POINTS
from nanonet.web.served import ServedModels, load_models
from nanonet.web.server import JsonLines
from nanonet.web.workers import Limits, Turn, Workers
from tests.web.conftest import FIVE

DOCS = Path(__file__).parents[2] / "docs"
ARROW = "application/vnd.apache.arrow.stream"


def explore(client: TestClient, **asked: object) -> Any:
    reply = client.post("/api/explore", json={"inputs": FIVE, **asked})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_prediction_is_what_python_and_the_command_line_say(client: TestClient) -> None:
    reply = client.post("/api/predict", json={"inputs": FIVE, "details": True}).json()
    assert reply == {
        "model": "gp",
        "predictions": [json.loads(json.dumps(nanonet.load().predict_all(FIVE).to_json()))],
    }


def test_many_points_are_those_of_one_each(client: TestClient) -> None:
    points = [FIVE | {"eps_pn": x} for x in (0.2, 0.7, 1.2)]
    many = client.post("/api/predict", json={"inputs": points}).json()["predictions"]
    for point, found in zip(points, many, strict=True):
        (alone,) = client.post("/api/predict", json={"inputs": point}).json()["predictions"]
        assert alone["composition"] == found["composition"]
        np.testing.assert_allclose(alone["g"], found["g"], rtol=1e-5, atol=1e-6)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of the computations of small requests, how many points each had."""
    found, plain = [], Predictor.predict_checked

    def counted(predictor: Predictor, points: Sequence[Checked]) -> tuple[Prediction, ...]:
        found.append(len(points))
        return plain(predictor, points)

    monkeypatch.setattr(Predictor, "predict_checked", counted)
    return found


def test_requests_that_wait_together_are_computed_together(
    served: ServedModels, client: TestClient, sizes: list[int]
) -> None:
    """Each has its own answer, and a bad one its refusal; two models are two computations."""
    points = [FIVE | {"eps_pn": x} for x in (0.2, 0.7, -1.0, 1.2)]
    asked: list[dict[str, object]] = [{"inputs": point} for point in points]
    asked += [{"inputs": points[:2]}, {"inputs": FIVE, "model": "nanonet"}, {"inputs": FIVE | {"diameter": 99}}]

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(create_app(served))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as together:
            return await asyncio.gather(*(together.post("/api/predict", json=one) for one in asked))

    replies = asyncio.run(ask())
    assert sorted(sizes) == [1, 5]
    assert [reply.status_code for reply in replies] == [200, 200, 422, 200, 200, 200, 422]
    assert replies[2].json()["field"] == "inputs[0].eps_pn"
    for one, reply in zip(asked, replies, strict=True):
        if reply.status_code == 200:
            alone = client.post("/api/predict", json=one).json()
            assert reply.json()["model"] == alone["model"]
            for found, expected in zip(reply.json()["predictions"], alone["predictions"], strict=True):
                assert found["composition"] == expected["composition"]
                assert found["basis"] == expected["basis"]
                np.testing.assert_allclose(found["g"], expected["g"], rtol=1e-5, atol=1e-6)


def test_after_a_batch_the_next_request_waits_for_another(
    served: ServedModels, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_APART", 1.0)

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(create_app(served))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as together:

            async def one(after: float) -> int:
                await asyncio.sleep(after)
                return (await together.post("/api/predict", json={"inputs": FIVE})).status_code

            await one(0.0)
            await asyncio.gather(one(0.0), one(0.0))
            return list(await asyncio.gather(one(0.0), one(0.1)))

    assert asyncio.run(ask()) == [200, 200]
    assert sizes == [1, 2, 2]


def test_a_defect_in_a_batch_is_told_to_each_of_it(served: ServedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: object) -> None:
        raise RuntimeError("eps_pn = 1.2345")

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(create_app(served), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as together:
            with monkeypatch.context() as broken:
                broken.setattr(Predictor, "predict_checked", fails)
                asked = (together.post("/api/predict", json={"inputs": FIVE}) for _ in range(3))
                found = await asyncio.gather(*asked)
            found.append(await together.post("/api/predict", json={"inputs": FIVE}))
            return [reply.status_code for reply in found]

    assert asyncio.run(ask()) == [500, 500, 500, 200]


def test_tables_in_and_out(client: TestClient) -> None:
    rows = [FIVE, FIVE | {"diameter": 4.5, "eps_nn": 1.5}]
    text = ",".join(FIVE) + "\n" + "\n".join(",".join(str(x) for x in row.values()) for row in rows)
    expected = client.post("/api/predict", json={"inputs": rows}).json()["predictions"]
    for kind in ("text/csv", ARROW):
        reply = client.post(
            "/api/predict?model=gp", content="\ufeff" + text, headers={"content-type": "text/csv", "accept": kind}
        )
        assert reply.headers["content-type"].startswith(kind)
        content = io.BytesIO(reply.content)
        table = pa_csv.read_csv(content) if kind == "text/csv" else pa.ipc.open_stream(content).read_all()
        assert table.column_names == ["entry", *FIVE, "r", "g", "low", "high"]
        for i, one in enumerate(expected):
            part = table.filter(pa.compute.equal(table["entry"], i))
            assert part["diameter"][0].as_py() == rows[i]["diameter"]
            for name in ("r", "g", "low", "high"):
                np.testing.assert_allclose(part[name].to_numpy(), one[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("body", "status", "field", "text"),
    [
        ({"inputs": FIVE | {"eps_pn": -1}}, 422, "inputs[0].eps_pn", "eps_pn = -1 is not between 0 and 5"),
        ({"inputs": [FIVE, FIVE | {"eps_nn": 0.001}]}, 422, "inputs[1].eps_nn", "0.02 or above"),
        ({"inputs": FIVE | {"chain_length": 40.5}}, 422, "inputs[0].chain_length", "not a whole number"),
        ({"inputs": FIVE | {"eps_pn": "1"}}, 422, "inputs[0].eps_pn", "valid number"),
        ({"inputs": FIVE | {"eps_pn": None}}, 422, "inputs[0].eps_pn", "valid number"),
        ({"inputs": {"diameter": 3}}, 422, "inputs[0].chain_length", "are missing"),
        ({"inputs": FIVE | {"colour": 3}}, 422, "inputs[0].colour", "is not one of diameter"),
        ({"inputs": []}, 422, "inputs", "at least 1"),
        ({"inputs": [FIVE] * (MAX_POINTS + 1)}, 422, "inputs", f"at most {MAX_POINTS}"),
        ({"inputs": [FIVE] * (MAX_DETAILED + 1), "details": True}, 422, "details", f"at most {MAX_DETAILED}"),
        ({"inputs": FIVE, "model": "../../etc"}, 422, "model", "is not one of gp, nanonet"),
        ({"inputs": FIVE, "mode": 1}, 422, "mode", "not permitted"),
        ({}, 422, "inputs", "required"),
        ([FIVE], 422, None, "object"),
    ],
)  # fmt: skip
def test_bad_input_is_named(client: TestClient, body: object, status: int, field: str | None, text: str) -> None:
    reply = client.post("/api/predict", json=body)
    assert (reply.status_code, reply.json()["field"]) == (status, field)
    assert text.lower() in reply.json()["error"].lower()


@pytest.mark.parametrize(
    ("content", "headers", "status", "text"),
    [
        (b'{"inputs": {"diameter": NaN}}', {}, 422, "inputs[0].diameter = nan"),
        (b'{"inputs": {"diameter": 1e999}}', {}, 422, "finite"),
        (b'{"inputs": {', {}, 400, "no JSON"),
        (b"\xff\xfe", {}, 400, "no JSON"),
        (b"[" * 100_000, {}, 400, "no JSON"),
        (b"a,b\n1,2\n", {"content-type": "text/csv"}, 422, "a is not one of diameter"),
        (b"diameter\nnan\n", {"content-type": "text/csv"}, 422, "line 2: diameter"),
        (b"diameter\n\xff\n", {"content-type": "text/csv"}, 400, "UTF-8"),
        (b"", {"content-type": "text/csv"}, 422, "empty"),
        (b"{}", {"content-type": "text/html"}, 415, "Content-Type = 'text/html'"),
        (b"{}", {"accept": "image/png"}, 406, "Accept"),
        (b"{}", {"accept": "text/csv;q=high"}, 400, "q='high'"),
        (b" " * 2_000_001, {}, 413, "2000001 bytes"),
    ],
)  # fmt: skip
def test_bodies_that_are_none(
    client: TestClient, content: bytes, headers: dict[str, str], status: int, text: str
) -> None:
    reply = client.post("/api/predict", content=content, headers={"content-type": "application/json"} | headers)
    assert (reply.status_code, text in reply.json()["error"]) == (status, True), reply.text


def test_views_are_those_of_python(client: TestClient) -> None:
    model = nanonet.load()
    for name in views.names(model):
        found = explore(client, view=name)
        expected = views.view(model, FIVE, name)
        assert found["quantity"]["name"] == expected.quantity.name
        for column in ("x", "y", "low", "high"):
            np.testing.assert_allclose(found[column], np.asarray(getattr(expected, column)))
    assert "g(r) ends at r = 10" in explore(client, view="S")["caveats"][0]


def test_lines_beside_are_the_dilute_limit_simulations_and_other_models(client: TestClient) -> None:
    found = explore(client, beside=["dilute", "simulated", "models"])["beside"]
    assert [one["kind"] for one in found] == ["dilute", "simulated", "simulated", "simulated", "model"]
    data = Dataset.shipped()
    nearest = next(i for i, c in enumerate(data.compositions) if str(c) == found[1]["label"])
    np.testing.assert_allclose(found[1]["y"], data.rdfs[nearest].g)
    np.testing.assert_allclose(found[1]["error"], np.asarray(data.rdfs[nearest].error))
    network = nanonet.load("nanonet")
    np.testing.assert_allclose(found[4]["y"], network.predict_curves([list(FIVE.values())])[0])


def test_outside_of_the_data_is_said(client: TestClient) -> None:
    assert explore(client)["support"]["warnings"] == []
    (first, *_) = explore(client, inputs=FIVE | {"eps_pn": 4.0})["support"]["warnings"]
    assert first.startswith("eps_pn = 4 is outside the simulated")


def test_states_and_their_map(client: TestClient) -> None:
    (state,) = client.post("/api/phase", json={"inputs": FIVE}).json()["states"]
    assert sum(state["probabilities"].values()) == pytest.approx(1)
    held = {name: FIVE[name] for name in ("diameter", "chain_length", "density")}
    asked = {"inputs": held, "x": "eps_pn", "y": "eps_nn", "steps": 5, "samples": 50}
    found = client.post("/api/phase", json=asked).json()["map"]
    shares = np.array(found["probabilities"])
    assert shares.shape == (5, 5, 3)
    np.testing.assert_allclose(shares.sum(axis=2), 1)
    assert shares[1, 0, 0] > 0.9  # a weak attraction of polymer lets NPs touch
    assert np.array(found["outside"]).shape == (5, 5)
    assert client.post("/api/phase", json=asked).json()["map"] == found


@pytest.mark.parametrize(
    ("more", "field", "text"),
    [
        ({"x": "eps_pn"}, "y", "y is missing"),
        ({"x": "eps_pn", "y": "eps_pn"}, "x", "two different inputs"),
        ({"x": "eps_pn", "y": "colour"}, "inputs.colour", "is not one of"),
        ({"x": "eps_pn", "y": "eps_nn", "steps": 1_000}, "steps", "60"),
        ({"x": "eps_pn", "y": "eps_nn", "x_range": [1.0, 0.5]}, None, "not rising"),
        ({"depth": -1.0}, "depth", "above 0"),
    ],
)
def test_maps_that_are_none(client: TestClient, more: dict[str, object], field: str | None, text: str) -> None:
    reply = client.post("/api/phase", json={"inputs": FIVE, **more})
    assert (reply.status_code, reply.json()["field"], text in reply.json()["error"]) == (422, field, True), reply.text


def test_answers_of_a_search_are_those_of_python(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inverse, "_MANY", 128)
    monkeypatch.setattr(inverse, "_STEPS", (0.1,))
    asked = {"targets": ["state=dispersion"], "fixed": {"diameter": 3}, "tolerances": {"eps_pn": 0.1}, "count": 2}
    found = client.post("/api/design", json=asked).json()
    model = nanonet.load()
    expected = inverse.find(
        model, parse(["state=dispersion"], model), fixed={"diameter": 3}, tolerances={"eps_pn": 0.1}, count=2
    )
    assert (found["met"], found["scored"], found["notes"]) == (expected.met, expected.scored, list(expected.notes))
    for one, own in zip(found["answers"], expected.answers, strict=True):
        assert one["inputs"] == own.prediction.composition.to_json()
        assert (one["probability"], one["probability_error"]) == (own.probability, own.error)
        np.testing.assert_allclose(one["y"], own.prediction.rdf.g)
        assert one["line"] == own.prediction.support.line


@pytest.mark.parametrize(
    ("more", "field", "text"),
    [
        ({"targets": []}, "targets", "at least 1"),
        ({"targets": ["state=solid"]}, "targets[0]", "state = 'solid' is not one of"),
        ({"targets": ["peak_height=2", "curve=/etc/passwd"]}, "targets[1]", "by the command nanonet design alone"),
        ({"targets": ["state=contact", "state=bridging"]}, "targets", "contradictory targets"),
        ({"fixed": {"diameter": 30}}, "fixed.diameter", "diameter = 30 is not between 1 and 10"),
        ({"fixed": FIVE}, "fixed", "no input is free"),
        ({"bounds": {"diameter": [4, 2]}}, "bounds", "do not rise"),
        ({"tolerances": {"eps_pn": 0}}, "tolerances.eps_pn", "is not above 0"),
        ({"costs": {"colour": 1}}, "costs.colour", "is not one of diameter"),
        ({"count": 99}, "count", "10"),
        ({"model": "nanonet"}, "model", "does not know how sure it is"),
    ],
)
def test_searches_that_are_none(client: TestClient, more: dict[str, object], field: str, text: str) -> None:
    reply = client.post("/api/design", json={"targets": ["state=contact"], **more})
    assert (reply.status_code, reply.json()["field"], text in reply.json()["error"]) == (422, field, True), reply.text


def test_the_nearest_configuration_is_a_simulated_one(client: TestClient) -> None:
    found = client.post("/api/configuration", json={"inputs": FIVE, "polymer": True}).json()
    assert found["composition"]["eps_pn"] == 1.0
    nps, edges = np.array(found["nps"]), np.array(found["edges"])
    assert ((nps >= 0) & (nps <= edges)).all()
    apart = nps[:, None] - nps
    apart = np.linalg.norm(apart - edges * np.rint(apart / edges), axis=2)
    assert apart[np.triu_indices(len(nps), 1)].min() > 0.75 * found["diameter"]
    assert len(found["polymer"]) % found["chain_length"] == 0
    assert client.post("/api/configuration", json={"inputs": FIVE}).json()["polymer"] is None
    grafted = {**FIVE, "n_grafts": 12, "graft_length": 8}
    refused = client.post("/api/configuration", json={"model": "grafted", "inputs": grafted})
    assert (refused.status_code, refused.json()["error"].split(":")[0]) == (
        422,
        "model = 'grafted' is not of compositions",
    )
    explored = client.post("/api/explore", json={"model": "grafted", "inputs": grafted}).json()
    assert "few, g left out of them is off" in explored["line"]


def test_a_model_of_other_inputs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform([200, 0.5], [400, 1.5], (12, 2))
    t = np.linspace(0.1, 5, 30)
    space = InputSpace((Input("temperature", "kelvin", 100, 900), Input("density", "g/cm^3", 0.1, 3, log=True)))
    quantity = Quantity("msd", "t", "mean squared displacement", "time", "nm^2", "ns", low=0)
    Y = X[:, :1] / 300 * t / X[:, 1:]
    train_gaussian_process(Dataset.from_arrays(X, Y, t, space=space, quantity=quantity), tmp_path / "mine")
    with TestClient(create_app(load_models([str(tmp_path / "mine")]))) as client:
        mine, *shipped = client.get("/api/models").json()["models"]
        assert (mine["name"], [one["name"] for one in shipped]) == ("mine", ["gp", "nanonet", "sq", "grafted"])
        assert [one["name"] for one in mine["views"]] == ["msd"]
        assert mine["inputs"][1]["log"]
        assert not mine["compositions"]
        found = client.post(
            "/api/explore", json={"inputs": {"temperature": 300, "density": 1.0}, "details": True}
        ).json()
        np.testing.assert_allclose(found["y"], t, rtol=0.2)
        assert found["details"]["largest"]["x"] == pytest.approx(5)
        assert [one["name"] for one in mine["targets"]] == ["peak_position", "peak_height"]
        asked = {"targets": ["peak_height=4:5"], "fixed": {"density": 1.0}, "count": 1}
        (answer,) = client.post("/api/design", json=asked).json()["answers"]
        assert 0.8 < answer["inputs"]["temperature"] / 270 < 1.2  # 5 * temperature / 300 is between 4 and 5
        refused = client.post("/api/phase", json={"inputs": {"temperature": 300, "density": 1.0}})
        assert (refused.status_code, refused.json()["field"]) == (422, "model")
        (tmp_path / "mine" / "model.json").unlink()  # replaced, or gone: it answers as it was loaded
        assert client.get("/api/models").json()["models"][0]["changed"]
        assert client.post("/api/predict", json={"inputs": {"temperature": 300, "density": 1.0}}).status_code == 200


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two models are called gp"):
        load_models(["gp", "gp"])


def test_a_token_is_asked_for(served: ServedModels) -> None:
    with TestClient(create_app(served, token="a-long-enough-word")) as client:
        assert client.get("/").status_code == 200
        assert client.get("/api/health").status_code == 200
        for headers in ({}, {"authorization": "Bearer another"}, {"authorization": "Basic a-long-enough-word"}):
            reply = client.get("/api/models", headers=headers)
            assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
        assert client.get("/api/models", headers={"authorization": "Bearer a-long-enough-word"}).status_code == 200


def test_only_names_of_this_machine_are_answered(served: ServedModels) -> None:
    with TestClient(create_app(served, hosts=("localhost", "[::1]"))) as client:
        for host, status in (("localhost:8000", 200), ("[::1]:8000", 200), ("elsewhere.org", 421), ("", 421)):
            assert client.get("/api/health", headers={"host": host}).status_code == status


def test_no_file_of_the_server_is_reachable(client: TestClient) -> None:
    for path in (
        "/../app.py",
        "/%2e%2e/app.py",
        "/..%2fapp.py",
        "/page/app.js",
        "/etc/passwd",
        "/app.py",
        "//etc/passwd",
    ):
        assert client.get(path).status_code == 404
    assert client.get("/api/predict").status_code == 405


def test_the_page_may_load_nothing_from_elsewhere(client: TestClient) -> None:
    reply = client.get("/")
    assert "default-src 'self'" in reply.headers["content-security-policy"]
    assert client.get("/", headers={"if-none-match": reply.headers["etag"]}).status_code == 304
    for name in (
        "index.html",
        "style.css",
        "app.js",
        "plot.js",
        "map.js",
        "scene.js",
        "files.js",
        "text.js",
        "design.js",
    ):
        text = client.get(f"/{name}").text
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text


def test_the_log_has_no_inputs(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "nanonet.web"):
        client.post("/api/predict?model=secret", json={"inputs": FIVE | {"eps_pn": 1.2345}})
        client.get("/secret")
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "nanonet.web"]
    assert [(one["route"], one["status"]) for one in lines] == [("/api/predict", 200), ("/{name}", 404)]
    assert "secret" not in caplog.text
    assert "1.2345" not in caplog.text


def test_a_defect_is_one_answer_and_a_line_without_inputs(
    served: ServedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: object) -> None:
        raise RuntimeError("eps_pn = 1.2345")

    monkeypatch.setattr(Answers, "explore", fails)
    with TestClient(create_app(served), raise_server_exceptions=False) as client:
        reply = client.post("/api/explore", json={"inputs": FIVE})
        assert (reply.status_code, "1.2345" in reply.text) == (500, False)
        assert client.get("/api/health").status_code == 200
    try:
        fails()
    except RuntimeError:
        record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "Exception in\nit", (), sys.exc_info())
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["event"], line["error"]) == ("ERROR", "Exception in", "RuntimeError")
    assert line["where"][-1].startswith(__file__)
    assert "1.2345" not in json.dumps(line)


def test_who_waits_too_long_is_told(served: ServedModels) -> None:
    with TestClient(create_app(served, limits=Limits(waiting=0))) as client:
        reply = client.post("/api/predict", json={"inputs": FIVE, "details": True})
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
        assert client.get("/api/health").status_code == 200


def test_what_takes_too_long_is_given_up(served: ServedModels) -> None:
    held = {name: FIVE[name] for name in ("diameter", "chain_length", "density")}
    with TestClient(create_app(served, limits=Limits(seconds=0.01))) as client:
        for path, asked in (
            ("phase", {"inputs": held, "x": "eps_pn", "y": "eps_nn", "steps": 60}),
            ("design", {"targets": ["state=contact"]}),
        ):
            reply = client.post(f"/api/{path}", json=asked)
            assert (reply.status_code, reply.json()["error"][:26]) == (503, "not computed within 0.01 s")
        assert client.get("/api/health").status_code == 200


def test_what_nobody_waits_for_any_more_ends() -> None:
    """The client goes while the first of two is computed, and while the second waits for its turn."""
    seen: list[int] = []

    async def gone() -> dict[str, str]:
        await asyncio.sleep(0.05)
        return {"type": "http.disconnect"}

    def work(turn: Turn) -> None:
        seen.append(0)
        while True:
            turn()
            time.sleep(0.01)

    async def ask() -> list[BaseException | None]:
        workers = Workers(Limits(), 1)
        asked = (workers.run(Request({"type": "http"}, gone), work) for _ in range(2))
        return await asyncio.gather(*asked, return_exceptions=True)

    for error in asyncio.run(ask()):
        assert isinstance(error, RefusedError)
        assert error.status == 499
    assert len(seen) == 1


def test_the_openapi_document_is_the_one_that_is_kept(client: TestClient) -> None:
    kept = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    assert client.get("/api/openapi.json").json() == kept, "python -m docs.make.openapi  makes it anew"
