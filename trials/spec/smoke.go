package spec

import (
	"time"
)

// Bounds of a try.
const (
	smokeTrials  = 1
	smokeTimeout = time.Minute
)

// smoke shrinks a sweep to a try that ends soon.
func (s *Spec) smoke() {
	sum := 0
	for i := range s.Stages {
		st := &s.Stages[i]
		if st.Kind != SearchStage {
			continue
		}
		st.Points = st.Points[:min(len(st.Points), smokeTrials)]
		st.Start = st.Start[:min(len(st.Start), 1)]
		if st.Budget.Trials == 0 || st.Budget.Trials > smokeTrials {
			st.Budget.Trials = smokeTrials
		}
		if st.Budget.Split == "list" {
			st.Budget.Split, st.Budget.Shares = "equal", nil
		}
		if st.Budget.TrialTimeout == 0 || st.Budget.TrialTimeout > smokeTimeout {
			st.Budget.TrialTimeout = smokeTimeout
		}
		sum += st.Budget.Trials
	}
	s.Budget.Trials = sum
}
