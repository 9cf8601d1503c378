package trials

import "time"

// Decision is one entry of a sweep's log: what was decided, by whom, and why.
type Decision struct {
	Sweep   int64     `json:"-"`
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`           // "asha", "plan", "sampler:tpe", "user", "worker", "store"
	Kind    string    `json:"kind"`            // stop, promote, retry, fail, open_stage, finish_stage, exhaust, pause, resume, cancel, ensemble, finish, lost, reset
	Trial   int       `json:"trial,omitempty"` // number; 0: not about one trial
	Stage   string    `json:"stage,omitempty"`
	Branch  string    `json:"branch,omitempty"`
	Text    string    `json:"text"`              // the reason as a sentence
	Payload []byte    `json:"payload,omitempty"` // JSON of the verdict or action
}
