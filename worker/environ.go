package worker

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/search"
)

// maxEnvText is the longest parameter text that is put into a variable; Linux
// takes 128 KiB. Longer ones are in SWEEPD_PARAMS_FILE.
const maxEnvText = 100 << 10

// environ is an environment by name.
type environ struct{ values map[string]string }

func newEnviron(list []string) environ {
	e := environ{map[string]string{}}
	for _, entry := range list {
		if name, value, ok := strings.Cut(entry, "="); ok {
			e.values[name] = value
		}
	}
	return e
}

// visibleDevices is CUDA_VISIBLE_DEVICES of an environment, nil when it has none.
func visibleDevices(list []string) *string {
	if v, ok := newEnviron(list).values["CUDA_VISIBLE_DEVICES"]; ok {
		return &v
	}
	return nil
}

func (e environ) get(name string) string { return e.values[name] }

func (e environ) list() []string {
	out := make([]string, 0, len(e.values))
	for name, value := range e.values {
		out = append(out, name+"="+value)
	}
	slices.Sort(out)
	return out
}

// threads are the variables by which libraries learn how many threads to start.
var threads = []string{"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"}

// quiet keeps MLflow's client from printing links to the run. It makes them of
// the address it logs to, the door's, which is no page and ends with the worker.
const quiet = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"

// inherited is what a trial takes from the worker's own environment: all but
// what names the worker's server, its credentials and its devices.
func (w *Worker) inherited() environ {
	e := newEnviron(w.cfg.Environ)
	for name := range e.values {
		if ours(name) {
			delete(e.values, name)
		}
	}
	return e
}

// ours tells whether a variable is set by sweepd alone.
func ours(name string) bool {
	if strings.HasPrefix(name, "SWEEPD_") || strings.HasPrefix(name, "MLFLOW_TRACKING_") {
		return true
	}
	switch name {
	case "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_CONTEXT", "CUDA_VISIBLE_DEVICES", "PYTHONUNBUFFERED":
		return true
	}
	return false
}

// common is the part that all attempts of a task share: a fork server runs with
// it, so that what libraries read when they are imported is right.
func (a *attempt) common() environ {
	t := &a.lease.Task
	e := a.w.inherited()
	for _, name := range threads {
		if e.values[name] == "" {
			e.values[name] = strconv.Itoa(max(1, int(math.Ceil(t.Resources.CPU))))
		}
	}
	for name, value := range t.Env {
		// What the loader obeys is the worker's business; a value may hold a parameter.
		if !ours(name) && !strings.HasPrefix(name, "LD_") {
			e.values[name] = value
		}
	}
	if e.values[quiet] == "" {
		e.values[quiet] = "true"
	}
	e.pastProxies()
	e.values["PYTHONUNBUFFERED"] = "1"
	e.values["MLFLOW_TRACKING_URI"] = a.w.door.URL()
	e.values["MLFLOW_EXPERIMENT_NAME"] = a.lease.Experiment
	e.values["SWEEPD_URL"] = a.w.door.URL()
	e.values["SWEEPD_SWEEP_ID"] = a.lease.SweepID
	return e
}

// pastProxies keeps what a trial says to the door away from a proxy.
func (e environ) pastProxies() {
	for _, name := range []string{"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"} {
		if e.values[name] == "" {
			continue
		}
		for _, no := range []string{"no_proxy", "NO_PROXY"} {
			e.values[no] = strings.TrimPrefix(e.values[no]+",127.0.0.1,localhost", ",")
		}
		return
	}
}

// serverEnvironment is that of a fork server. What names the sweep is left to its
// children, so that one server serves sweep after sweep of the same code.
func (a *attempt) serverEnvironment() []string {
	e := a.common()
	delete(e.values, "MLFLOW_EXPERIMENT_NAME")
	delete(e.values, "SWEEPD_SWEEP_ID")
	for name := range a.lease.Task.Env {
		if strings.HasPrefix(e.values[name], a.dir) { // ${trial.dir} and the like
			delete(e.values, name)
		}
	}
	return e.list()
}

// environment is that of the attempt. params is the JSON object of its
// parameters.
func (a *attempt) environment(params []byte) []string {
	l := a.lease
	e := a.common()
	set := e.values
	set["MLFLOW_TRACKING_TOKEN"] = l.Token
	set["MLFLOW_RUN_ID"] = l.Run
	id := fmt.Sprintf("%s/%d", l.SweepID, l.Number)
	set["MLFLOW_RUN_CONTEXT"] = runContext(id, l.SweepID)
	set["SWEEPD_TOKEN"] = l.Token
	set["SWEEPD_TRIAL_ID"] = id
	set["SWEEPD_TRIAL_NUMBER"] = strconv.Itoa(l.Number)
	set["SWEEPD_ATTEMPT"] = strconv.Itoa(l.Attempt)
	set["SWEEPD_RESUME"] = "0"
	if l.Resume {
		set["SWEEPD_RESUME"] = "1"
	}
	set["SWEEPD_SEED"] = strconv.FormatUint(l.Task.Seed, 10)
	set["SWEEPD_TRIAL_DIR"] = a.dir
	set["SWEEPD_CHECKPOINT_DIR"] = checkpointDir(a.dir, l.Number)
	set["SWEEPD_STOP_FILE"] = a.own("stop")
	set["SWEEPD_RESULT_FILE"] = a.own("result.json")
	set["SWEEPD_OUTPUT"] = a.own("output.json")
	set["SWEEPD_PARAMS_FILE"] = a.own("params.json")
	if len(params) <= maxEnvText {
		set["SWEEPD_PARAMS"] = string(params)
		for name, v := range l.Task.Params {
			if v != nil {
				set["SWEEPD_PARAM_"+variable(name)] = paramText(v)
			}
		}
	}
	set["CUDA_VISIBLE_DEVICES"] = strings.Join(l.Devices, ",")
	if len(l.Devices) > 0 {
		set["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
	}
	return e.list()
}

func runContext(trial, sweep string) string {
	text, err := json.Marshal(map[string]string{"sweepd.trial_id": trial, "sweepd.sweep_id": sweep})
	if err != nil {
		panic(fmt.Sprintf("worker: marshal a run context: %v", err))
	}
	return string(text)
}

// variable is a parameter's name as part of a variable: LEARNING_RATE.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// paramText is a value as text; floats in their shortest round trip.
func paramText(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// nest makes objects of dotted names: {"model.lr": 1} is {"model": {"lr": 1}}.
// A name that is also the beginning of others stays as it is.
func nest(p search.Point) map[string]any {
	out := map[string]any{}
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		at, parts := out, strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			inner, ok := at[part].(map[string]any)
			if !ok {
				if _, taken := at[part]; taken || part == "" {
					at, parts = out, []string{name}
					break
				}
				inner = map[string]any{}
				at[part] = inner
			}
			at = inner
		}
		at[parts[len(parts)-1]] = p[name]
	}
	return out
}
