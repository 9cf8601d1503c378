package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// CreateSweep answers POST /api/v1/sweeps: checks the file, and stores the
// sweep unless it is a dry run.
func (s *Server) CreateSweep(ctx context.Context, r wire.CreateSweepRequestObject) (wire.CreateSweepResponseObject, error) {
	sub, err := submission(r)
	if err != nil {
		return nil, err
	}
	sp, warnings, err := spec.Parse([]byte(sub.Source), spec.Options{
		File: sub.File, Set: sub.Set, Smoke: sub.Smoke, Seed: newSeed, ReadFile: sent(sub.Files),
	})
	if err != nil {
		return nil, err
	}
	place(sp, sub)
	if r.Params.DryRun {
		return preview(sp, warnings)
	}
	if err := s.codeIsHere(ctx, sub.Code); err != nil {
		return nil, err
	}
	sw, err := s.Scheduler.Submit(ctx, &trials.Sweep{
		Name: sp.Name, Owner: actor(ctx), Source: sub.Source, Spec: sp, Code: sub.Code, Priority: sp.Priority, Weight: sp.Weight,
	}, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	w, err := s.wireSweep(ctx, sw, true)
	return wire.CreateSweep201JSONResponse(w), err
}

// fileName stands for a sweep file that came without a name.
const fileName = "sweep.yaml"

// submission reads either body: YAML text, or an object with the text or the
// file as an object beside what belongs to it.
func submission(r wire.CreateSweepRequestObject) (wire.Submission, error) {
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		return wire.Submission{Source: string(text), File: fileName}, tooLarge(err)
	}
	if r.JSONBody == nil {
		return wire.Submission{}, fault.Invalidf("the body is empty").Fix("send the sweep file as application/yaml, or as JSON {\"source\": \"...\"}")
	}
	sub := *r.JSONBody
	switch {
	case sub.Source != "" && sub.Spec != nil:
		return sub, fault.Invalidf("both source and spec are given").At("/spec").Fix("send one of them")
	case sub.Spec != nil:
		// Indented, so that a place in it can be found; the order of the keys is
		// kept, since it is the order of the parameters.
		var text bytes.Buffer
		if err := json.Indent(&text, sub.Spec, "", "  "); err != nil {
			return sub, fault.Invalidf("%v", err).At("/spec")
		}
		sub.Source = text.String()
	case strings.TrimSpace(sub.Source) == "":
		return sub, fault.Invalidf("the sweep file is empty").At("/source").Fix("an example of eight lines is in the README")
	}
	if sub.File == "" {
		sub.File = fileName
	}
	if sub.Workdir != "" && !filepath.IsAbs(sub.Workdir) {
		return sub, fault.Invalidf("workdir must be an absolute path, got %q", sub.Workdir).At("/workdir")
	}
	return sub, nil
}

// place fills in what only the submitter knows: where the sweep's directory lies
// and which Python was active.
func place(sp *spec.Spec, sub wire.Submission) {
	for i := range sp.Stages {
		st := &sp.Stages[i]
		if st.Workdir.Path == "" {
			st.Workdir.Path = sub.Workdir
		}
		if st.Interpreter == "" {
			st.Interpreter = sub.Interpreter
		}
	}
}

// sent reads the files that came with a submission. No other file is read: what
// lies on the server's disk is not the submitter's.
func sent(files map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fault.Invalidf("the file %s did not come with the submission", name).Fix("send its text in files")
	}
}

// newSeed draws a seed that fits a signed number in every language that reads it.
func newSeed() uint64 { return rand.Uint64() >> 1 }

func (s *Server) codeIsHere(ctx context.Context, digest string) error {
	if digest == "" {
		return nil
	}
	f, err := s.Blobs.Open(ctx, trials.CodeKey(digest))
	if fault.Is(err, fault.NotFound) {
		return fault.Invalidf("the frozen directory %.12s… is not here", digest).At("/code").Fix("upload it first: PUT /api/v1/code/%s", digest)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// preview says what a spec would run.
func preview(sp *spec.Spec, warnings []spec.Warning) (wire.CreateSweepResponseObject, error) {
	p, err := spec.NewPreview(sp)
	if err != nil {
		return nil, err
	}
	out := wire.CreateSweep200JSONResponse{Stages: []wire.PreviewStage{}}
	if out.Spec, err = sp.Echo(); err != nil {
		return nil, err
	}
	for _, w := range warnings {
		out.Warnings = append(out.Warnings, w.String())
	}
	for _, st := range p.Stages {
		out.Stages = append(out.Stages, fromPreview(st))
	}
	return out, nil
}

func fromPreview(st spec.StagePreview) wire.PreviewStage {
	w := wire.PreviewStage{
		Name: st.Name, Kind: string(st.Kind), Trials: int64(st.Trials), Rungs: st.Rungs, Argv: st.Argv, Note: st.Note, Feasible: st.Feasible,
	}
	if st.Size > 0 && !math.IsInf(st.Size, 1) {
		n := wire.Num(st.Size)
		w.Size = &n
	}
	for _, p := range st.Points {
		w.Points = append(w.Points, p)
	}
	return w
}
