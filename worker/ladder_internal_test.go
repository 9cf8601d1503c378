package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

var start = time.Unix(1e9, 0)

// walk takes the rungs of a ladder until nothing is left before end, and gives
// them with their times.
func walk(l *ladder, in ladderInput, end time.Duration) map[rung]time.Duration {
	out := map[rung]time.Duration{}
	for now := start; !now.After(start.Add(end)); {
		step, next := l.step(now, in)
		if step != stepNone {
			out[step] = now.Sub(start)
			continue
		}
		if !next.After(now) {
			panic("the ladder does not move on")
		}
		now = next
	}
	return out
}

func testLadder(timeout time.Duration) *ladder {
	return newLadder(&trials.Task{Timeout: timeout, Stop: spec.StopLadder{Cooperative: 30 * time.Second, Term: 10 * time.Second}}, time.Minute, start)
}

func TestLadder(t *testing.T) {
	far := start.Add(24 * time.Hour)
	for _, c := range []struct {
		name    string
		timeout time.Duration
		in      ladderInput
		want    map[rung]time.Duration
		killed  string
	}{
		{"nothing to do", 0, ladderInput{good: far}, map[rung]time.Duration{}, ""},
		{
			"a stop of a trial that will not hear of it", 0,
			ladderInput{good: far, asked: trials.VerdictStopped},
			map[rung]time.Duration{stepAsk: 0, stepSignal: 0, stepKill: 10 * time.Second},
			"",
		},
		{
			"a stop of a trial that reports", 0,
			ladderInput{good: far, asked: trials.VerdictStopped, client: true},
			map[rung]time.Duration{stepAsk: 0, stepSignal: 30 * time.Second, stepKill: 40 * time.Second},
			"",
		},
		{
			"hurried", 0,
			ladderInput{good: far, asked: trials.Preempted, client: true, hurried: true, hurry: 2 * time.Second},
			map[rung]time.Duration{stepAsk: 0, stepSignal: 0, stepKill: 2 * time.Second},
			"",
		},
		{"stale", 0, ladderInput{good: far, stale: true}, map[rung]time.Duration{stepKill: 0}, killedStale},
		{"the lease ends", 0, ladderInput{good: start.Add(time.Minute)}, map[rung]time.Duration{stepKill: 55 * time.Second}, killedFence},
		{
			"the lease ends before the grace", 0,
			ladderInput{good: start.Add(20 * time.Second), asked: trials.VerdictStopped, client: true},
			map[rung]time.Duration{stepAsk: 0, stepKill: 15 * time.Second},
			killedFence,
		},
		{"timeout", time.Minute, ladderInput{good: far}, map[rung]time.Duration{stepSignal: time.Minute, stepKill: 70 * time.Second}, killedTimeout},
		{
			"a stop before the timeout", 35 * time.Second,
			ladderInput{good: far, asked: trials.VerdictStopped, client: true},
			map[rung]time.Duration{stepAsk: 0, stepSignal: 30 * time.Second, stepKill: 40 * time.Second},
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := testLadder(c.timeout)
			got := walk(l, c.in, 2*time.Minute)
			if len(got) != len(c.want) || l.killed != c.killed {
				t.Errorf("took %v, killed %q, want %v, %q", got, l.killed, c.want, c.killed)
			}
			for step, at := range c.want {
				if got[step] != at {
					t.Errorf("rung %d at %v, want %v", step, got[step], at)
				}
			}
		})
	}
}

func TestDevicesAreRead(t *testing.T) {
	text := "0, GPU-5c9e9a3e-0f3d-1f4b-3b6f-0f7a0d3c2b11, NVIDIA A100-SXM4-40GB, 40960, Enabled\n1, GPU-aa, NVIDIA GH200 480GB, [N/A], [N/A]\n"
	all, mig, err := parseDevices(text)
	if err != nil || len(mig) != 1 || len(all) != 2 || all[0].Memory != 40960<<20 || all[1].Memory != 0 || all[1].Name != "NVIDIA GH200 480GB" {
		t.Fatalf("%+v %v %v", all, mig, err)
	}
	list := "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c9e9a3e-0f3d-1f4b-3b6f-0f7a0d3c2b11)\n" +
		"  MIG 3g.20gb     Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)\n  MIG 3g.20gb     Device  1: (UUID: MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb)\n" +
		"GPU 1: NVIDIA GH200 480GB (UUID: GPU-aa)\n"
	split := parseInstances(list, all, mig)
	if len(split) != 3 || split[0].UUID != "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f" || split[0].Name != "NVIDIA A100-SXM4-40GB MIG 3g.20gb" || split[2].UUID != "GPU-aa" {
		t.Errorf("%+v", split)
	}
	if bare := parseInstances("GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c9e9a3e-0f3d-1f4b-3b6f-0f7a0d3c2b11)\nGPU 1: x (UUID: GPU-aa)\n", all, mig); len(bare) != 1 || bare[0].UUID != "GPU-aa" {
		t.Errorf("a split GPU without instances is given to trials: %+v", bare)
	}
	for which, want := range map[string]int{"0,0": -1, "0,GPU-5c9e9a3e-0f3d-1f4b-3b6f-0f7a0d3c2b11": -1, "": 2, "auto": 2, "1": 1, "0,1": 2, "GPU-aa": 1, "7,": -1, "3": -1, "GPU-ab": -1} {
		got, err := chooseDevices(all, which)
		if (want < 0) != (err != nil) || (want >= 0 && len(got) != want) {
			t.Errorf("--gpus %q: %d devices, %v, want %d", which, len(got), err, want)
		}
	}
	if _, _, err := parseDevices("NVIDIA-SMI has failed\n"); err == nil {
		t.Error("nonsense is taken")
	}
}

func TestDevicesOfAMachine(t *testing.T) {
	two := "echo '0, GPU-aa, H100, 81559, Disabled'; echo '1, GPU-bb, H100, 81559, Disabled'"
	for _, c := range []struct {
		name, smi, which string
		visible          string // "unset": not set
		want             string // UUIDs, or what the error says
	}{
		{"all", two, "auto", "unset", "GPU-aa GPU-bb"},
		{"those of the engine", two, "auto", "1", "GPU-bb"},
		{"those of the engine, by uuid", two, "", "GPU-bb,GPU-aa", "GPU-bb GPU-aa"},
		{"none of the engine's", two, "auto", "", ""},
		{"said by hand", two, "2", "1", "GPU-aa GPU-bb"},
		{"more than there are", two, "3", "unset", "--gpus 3: this machine has 2"},
		{"a stranger's", two, "auto", "7", "CUDA_VISIBLE_DEVICES"},
		{"no devices", "echo 'No devices were found'; exit 6", "auto", "unset", ""},
		{"no driver", "echo 'NVIDIA-SMI has failed because'; exit 9", "auto", "unset", "NVIDIA-SMI has failed because"},
		{"no driver, no matter", "exit 9", "none", "unset", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "nvidia-smi"), []byte("#!/bin/sh\n"+c.smi+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			visible := &c.visible
			if c.visible == "unset" {
				visible = nil
			}
			got, err := findDevices(c.which, visible)
			var words []string
			for _, d := range got {
				words = append(words, d.UUID)
			}
			if text := strings.Join(words, " "); err == nil && text != c.want {
				t.Errorf("devices %q, want %q", text, c.want)
			}
			if err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %q, want %q", err, c.want)
			}
		})
	}
}
