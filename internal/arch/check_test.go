package arch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/arch"
)

func TestTheHouseStands(t *testing.T) {
	broken, err := arch.Check("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

// check lays out files below a folder and gives what is broken there.
func check(t *testing.T, files map[string]string) []string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "HOUSE", arch.Module)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	broken, err := arch.Check(root)
	if err != nil {
		t.Fatal(err)
	}
	return broken
}

func TestPlantedViolations(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"upward", "trials/x.go", `package trials; import _ "HOUSE/scheduler"`, "trials/x.go:1: trials may not import scheduler: it points up, from level 2 to 4"},
		{"adapter sees adapter", "api/x.go", `package api; import _ "HOUSE/store"`, "adapters do not know each other"},
		{"api sees its MLflow part", "api/x.go", `package api; import _ "HOUSE/api/mlflow"`, "must be able to exist without it"},
		{"part sees parent", "tracking/filter/x.go", `package filter; import _ "HOUSE/tracking"`, "a part does not know its parent"},
		{"neighbours", "search/x.go", `package search; import _ "HOUSE/ensemble"`, "both are on level 1"},
		{"trials sees tracking", "trials/x.go", `package trials; import _ "HOUSE/tracking"`, "without it"},
		{"MLflow sees sweeps", "api/mlflow/x.go", `package mlflow; import _ "HOUSE/trials"`, "without it"},
		{"worker sees the server", "worker/x.go", `package worker; import _ "HOUSE/scheduler"`, "without it"},
		{"anything sees cmd", "scheduler/x_test.go", `package scheduler_test; import _ "HOUSE/cmd/sweepd"`, "it points up"},
		{"e2e takes a short cut", "e2e/x_test.go", `package e2e; import _ "HOUSE/store"`, "from outside"},
		{"bench takes a short cut", "bench/x.go", `package main; import _ "HOUSE/scheduler"`, "from outside"},
		{"a helper is shipped", "store/x.go", `package store; import _ "HOUSE/internal/pgtest"`, "a helper of tests"},
		{"unknown package", "util/x.go", `package util`, "util/x.go: package util is in no row"},
		{"unknown import", "store/x.go", `package store; import _ "HOUSE/util"`, "it is in no row"},
		{"gorm outside store", "api/x.go", `package api; import _ "gorm.io/gorm"`, "only store may"},
		{"SQL outside store", "scheduler/x.go", `package scheduler; import _ "database/sql"`, "only store may"},
		{"SQL in a test", "scheduler/x_test.go", `package scheduler; import _ "database/sql"`, "only store may"},
		{"echo outside api", "worker/x.go", `package worker; import _ "github.com/labstack/echo/v4"`, "only api, cmd/sweepd may"},
		{"mathematics has a clock", "search/x.go", `package search; import _ "time"`, "no clock"},
		{"mathematics has a network", "ensemble/x.go", `package ensemble; import _ "net/http"`, "no clock, no file, no network"},
		{"policy reads the clock", "scheduler/plan/x.go", `package plan; import "time"; var t = time.Now()`, "plan may not use time.Now: the view carries Now"},
		{"the global random source", "search/x.go", `package search; import "math/rand/v2"; var x = rand.IntN(3)`, "search may not use rand.IntN"},
		{"the environment", "store/x.go", `package store; import "os"; var x = os.Getenv("X")`, "store may not use os.Getenv"},
		{"under another name", "store/x.go", `package store; import sys "os"; var x, y = sys.LookupEnv("X")`, "store may not use sys.LookupEnv"},
		{"the default logger", "scheduler/x.go", `package scheduler; import "log/slog"; func f() { slog.Info("x") }`, "a logger comes in as a field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := check(t, map[string]string{c.file: c.text})
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want one line with %q", got, c.want)
			}
		})
	}
}

func TestWhatIsAllowed(t *testing.T) {
	got := check(t, map[string]string{
		"cmd/sweepd/main.go":            `package main; import ("os"; "log/slog"; _ "HOUSE/store"; _ "HOUSE/api/mlflow"); var x = os.Getenv("X"); var l = slog.Default()`,
		"api/x.go":                      `package api; import (_ "HOUSE/api/wire"; _ "HOUSE/scheduler"; _ "github.com/labstack/echo/v4")`,
		"api/client/x.go":               `package client; import (_ "HOUSE/api/wire"; _ "HOUSE/trials"; _ "github.com/go-resty/resty/v2")`,
		"api/wire/x.go":                 `package wire; import _ "github.com/labstack/echo/v4"`,
		"engine/local/x.go":             `package local; import (_ "HOUSE/worker"; _ "HOUSE/engine")`,
		"worker/x.go":                   `package worker; import (_ "HOUSE/trials"; _ "HOUSE/internal/pack"; _ "HOUSE/internal/blob"; "time"); var t = time.Now()`,
		"store/x.go":                    `package store; import (_ "gorm.io/gorm"; _ "HOUSE/scheduler/plan")`,
		"store/x_test.go":               `package store_test; import (_ "HOUSE/store"; _ "HOUSE/store/storetest"; _ "HOUSE/internal/pgtest")`,
		"store/storetest/x.go":          `package storetest; import (_ "HOUSE/scheduler"; _ "HOUSE/internal/pgtest"; "os"); var x = os.Getenv("X")`,
		"scheduler/x_test.go":           `package scheduler_test; import _ "HOUSE/store"`,
		"tracking/x.go":                 `package tracking; import (_ "HOUSE/tracking/filter"; _ "HOUSE/internal/fault")`,
		"internal/expr/x.go":            `package expr; import _ "HOUSE/internal/fault"`,
		"search/x.go":                   `package search; import ("math/rand/v2"; _ "HOUSE/internal/expr"); var r = rand.New(rand.NewPCG(1, 2))`,
		"search/x_test.go":              `package search_test; import (_ "time"; _ "HOUSE/search/searchtest")`,
		"bench/x.go":                    `package main; import (_ "HOUSE/search"; _ "HOUSE/api/client")`,
		"e2e/x_test.go":                 `package e2e; import (_ "HOUSE/internal/pgtest"; _ "HOUSE/api/client")`,
		"tools/go.mod":                  `module other`,
		"tools/x.go":                    `package main; import _ "gorm.io/gorm"`,
		"store/testdata/x.go":           `package nonsense`,
		"web/node_modules/p/flatted.go": `package flatted`,
	})
	for _, b := range got {
		t.Error(b)
	}
}
