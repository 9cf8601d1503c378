package spec

import "slices"

// The keys of the file. What is listed as later is lawful and says so until it
// is built: nothing a user wrote is ever passed over in silence.
var (
	sweepKeys = keys{
		known: []string{"version", "name", "description", "tags", "priority", "weight", "failures", "stages"},
		later: []string{"schedule", "notify", "tracking"},
	}
	// sweepOnly are those that no stage has; a stage has a name of its own.
	sweepOnly = []string{"version", "description", "tags", "priority", "weight", "failures", "stages"}
	stageKeys = keys{
		known: []string{
			"name", "after", "when", "command", "python", "interpreter", "warm", "args", "env", "workdir", "data",
			"objective", "budget", "space", "constraints", "sampler", "start", "points", "for_each", "learn_from",
			"early_stop", "resources", "on_oom", "retry", "stop", "ensemble",
		},
		later: []string{
			"task", "outputs", "objectives", "outcome_constraints", "metrics", "checkpoint", "cache", "secrets", "setup",
			"params_file", "files", "seeds", "replicates", "repeat", "derive", "fixed", "instrument",
		},
	}
	// fileKeys are those of the top level: the sweep's own, and the defaults of
	// every stage.
	fileKeys = keys{known: slices.Concat(sweepKeys.known, stageKeys.known), later: slices.Concat(sweepKeys.later, stageKeys.later)}

	objectiveKeys = keys{known: []string{"metric", "goal", "reduce"}, later: []string{"rename", "threshold"}}
	budgetKeys    = keys{
		known: []string{"trials", "parallel", "wall", "trial_timeout", "split", "at_end"},
		later: []string{"gpu_hours", "stop_at", "no_improvement"},
	}
	failureKeys = keys{known: []string{"pause_after_first"}, later: []string{"max_fraction"}}
	samplerKeys = keys{known: []string{"algorithm", "seed", "balance"}, later: []string{"initial", "warm_start", "impute"}}
	ashaKeys    = keys{
		known: []string{"algorithm", "min", "max", "eta", "resource", "group", "when", "skip"},
		later: []string{"brackets", "warmup_trials", "on_nan"},
	}
	resourceKeys = keys{known: []string{"cpu", "memory", "gpu", "labels"}, later: []string{"gpu_memory", "gpu_type", "nodes", "disk"}}
	oomKeys      = keys{known: []string{"set", "while", "times", "halve", "double", "min"}}
	retryKeys    = keys{known: []string{"error", "oom_host", "oom_gpu", "timeout", "nan", "no_objective", "lost", "preempted", "bad_environment"}}
	ruleKeys     = keys{known: []string{"times", "delay"}}
	stopKeys     = keys{known: []string{"signal", "cooperative", "term"}}
	workdirKeys  = keys{known: []string{"path", "in_place"}, later: []string{"git"}}
	ensembleKeys = keys{
		known: []string{"from", "metric", "split", "score", "targets", "size"},
		later: []string{"log_targets", "method", "min_gain", "register"},
	}
	narrowKeys = keys{known: []string{"narrow", "keep", "widen"}}
)

// examples are how some maps are written, for hints.
var examples = map[string]string{
	theFile:     "command: [python, train.py]",
	"objective": "{metric: val_loss, goal: minimize}",
	"budget":    "{trials: 40, parallel: 4}",
	"sampler":   "{algorithm: tpe, seed: 7}",
	"resources": "{cpu: 1, memory: 1500MiB}",
	"space":     "{lr: {log: [1e-5, 1e-1]}}",
	"on_oom":    "{halve: batch_size, min: 16}",
	"retry":     "{error: 1}",
	"stop":      "{signal: TERM, term: 30s}",
	"workdir":   "{in_place: true}",
	"ensemble":  "{metric: log_loss, split: val, targets: {val: y_val.npy}}",
	"for_each":  "{family: [svm, mlp]}",
}

// The algorithms that propose, and those to come.
var (
	samplers      = []string{"auto", "gp", "forest", "tpe", "random", "grid", "sobol"}
	samplersLater = []string{"htpe", "cma", "botorch", "evolution", "halton", "latin"}
	stoppers      = []string{"asha", "none"}
	stoppersLater = []string{"median", "hyperband", "pbt", "percentile", "patience", "curve", "threshold"}
)
