"""The callback in the real package."""

import numpy as np
import pytest
import xgboost

import sweepd as sw


@pytest.fixture
def in_trial(server, monkeypatch):
    monkeypatch.setenv("SWEEPD_TRIAL_ID", "s/1")
    monkeypatch.setenv("SWEEPD_ATTEMPT", "1")
    monkeypatch.setenv("SWEEPD_URL", server.url)
    server.answers = [(200, {"stop": False})]
    yield server
    from sweepd import _trial

    _trial._of.cache_clear()


@pytest.fixture
def data():
    r = np.random.default_rng(0)
    x = r.normal(size=(80, 4))
    return x, (x[:, 0] + 0.1 * r.normal(size=80) > 0).astype(int)


PARAMS = {"objective": "binary:logistic", "eval_metric": ["error", "logloss"], "nthread": 1}


def points(server):
    return [p for i in range(len(server.requests)) for p in server.sent(i)["points"]]


def test_train(in_trial, data):
    d, log = xgboost.DMatrix(*data), {}
    xgboost.train(
        PARAMS,
        d,
        5,
        evals=[(d, "valid")],
        evals_result=log,
        verbose_eval=False,
        callbacks=[sw.xgboost("valid-logloss")],
    )
    got = points(in_trial)
    assert [p["step"] for p in got] == [0, 1, 2, 3, 4]
    assert [p["metrics"]["valid-logloss"] for p in got] == log["valid"]["logloss"]


def test_stop_ends_training_with_a_booster(in_trial, data):
    in_trial.answers = [(200, {"stop": False}), (200, {"stop": False}), (200, {"stop": True})]
    d = xgboost.DMatrix(*data)
    model = xgboost.train(
        PARAMS,
        d,
        50,
        evals=[(d, "valid")],
        verbose_eval=False,
        callbacks=[sw.xgboost("valid-logloss", name="val_loss")],
    )
    assert model.num_boosted_rounds() == 3
    assert [list(p["metrics"]) for p in points(in_trial)] == [["val_loss"]] * 3


def test_scikit_learn_estimator(in_trial, data):
    x, y = data
    model = xgboost.XGBClassifier(
        n_estimators=4, n_jobs=1, eval_metric="logloss", callbacks=[sw.xgboost("validation_0-logloss")]
    )
    model.fit(x, y, eval_set=[(x, y)], verbose=False)
    assert len(points(in_trial)) == 4


def test_cv_reports_the_mean_of_the_folds(in_trial, data):
    table = xgboost.cv(PARAMS, xgboost.DMatrix(*data), 3, nfold=2, callbacks=[sw.xgboost("test-logloss")], seed=1)
    got = [p["metrics"]["test-logloss"] for p in points(in_trial)]
    assert got == pytest.approx(table["test-logloss-mean"].tolist(), abs=1e-6)


def test_continued_training_goes_on_with_the_steps(in_trial, data):
    d = xgboost.DMatrix(*data)
    first = xgboost.train(PARAMS, d, 2, evals=[(d, "valid")], verbose_eval=False)
    xgboost.train(
        PARAMS, d, 2, evals=[(d, "valid")], verbose_eval=False, xgb_model=first, callbacks=[sw.xgboost("valid-error")]
    )
    assert [p["step"] for p in points(in_trial)] == [2, 3]


def test_a_metric_that_is_not_there_is_said_once(in_trial, data):
    d = xgboost.DMatrix(*data)
    with pytest.warns(RuntimeWarning, match="no valid-los; did you mean valid-logloss") as seen:
        xgboost.train(PARAMS, d, 3, evals=[(d, "valid")], verbose_eval=False, callbacks=[sw.xgboost("valid-los")])
    assert len([w for w in seen if "sweepd" in str(w.message)]) == 1
    assert in_trial.requests == []


def test_no_evaluation_at_all(in_trial, data):
    with pytest.warns(RuntimeWarning, match="give evals or eval_set"):
        xgboost.train(PARAMS, xgboost.DMatrix(*data), 1, callbacks=[sw.xgboost("valid-logloss")])


def test_outside_a_sweep(data):
    d = xgboost.DMatrix(*data)
    model = xgboost.train(PARAMS, d, 3, evals=[(d, "v")], verbose_eval=False, callbacks=[sw.xgboost("v-error")])
    assert model.num_boosted_rounds() == 3


def test_a_metric_is_data_set_and_name():
    with pytest.raises(ValueError, match="'valid-auc'"):
        sw.xgboost("auc")
