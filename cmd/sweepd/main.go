// Command sweepd is the server, the worker and the command line of sweepd. One
// file per verb; this is the only place that reads the environment, and the
// only one that wires the packages together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/worker"
)

// cli is the command line: one field per verb.
type cli struct {
	globals

	Serve   serveCmd   `cmd:"" help:"Run the server, with a worker inside when --slots is given."`
	Worker  workerCmd  `cmd:"" help:"Run a worker on this machine for a server."`
	Run     runCmd     `cmd:"" help:"Run a sweep here and now: server, worker and progress in one."`
	AskTell askTellCmd `cmd:"" name:"ask-tell" help:"Search alone: JSON lines on standard input and output, for a program that runs its trials itself."`
	Migrate migrateCmd `cmd:"" help:"Bring a database to this version's schema, and do nothing else."`
	Version versionCmd `cmd:"" help:"Print the version."`

	clientVerbs
}

// globals are the flags that every verb understands.
type globals struct {
	Server  string `help:"Address of the server, http://host:port; the local one when absent." env:"SWEEPD_URL" placeholder:"URL"`
	Token   string `help:"Token; the local server's own when absent." env:"SWEEPD_TOKEN" placeholder:"TOKEN"`
	Dir     string `help:"Data directory." env:"SWEEPD_DIR" default:".sweepd" type:"path"`
	Output  string `help:"text or json." short:"o" enum:"text,json" default:"text"`
	Verbose bool   `help:"Log more." short:"v"`
}

// env is what a verb works with.
type env struct {
	globals
	ctx    context.Context
	out    io.Writer
	err    io.Writer
	log    *slog.Logger
	getenv func(string) string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "shim" {
		os.Exit(worker.ShimMain(os.Args[2:]))
	}
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs one command line and gives its exit code.
func execute(ctx context.Context, args []string, out, errOut io.Writer) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("sweepd"),
		kong.Description("Hyperparameter sweeps: search, schedule, stop early, ensemble. One binary."),
		kong.Writers(out, errOut),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitDefect
	}
	k, err := parser.Parse(args)
	if err != nil {
		parser.Errorf("%s", err)
		return exitUsage
	}
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelDebug
	}
	e := &env{
		globals: c.globals, ctx: ctx, out: out, err: errOut, getenv: os.Getenv,
		log: slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level})),
	}
	return exitCode(k.Run(e), errOut)
}

// versionCmd is the verb version.
type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	return e.print(map[string]any{"version": version()}, func(w io.Writer) { fmt.Fprintln(w, "sweepd", version()) })
}

// buildVersion is set when a release is built.
var buildVersion string

// version is the release, else the commit, else "devel".
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return s.Value[:12]
			}
		}
	}
	return "devel"
}

// exitCode prints an error and gives the process's exit code.
func exitCode(err error, w io.Writer) int {
	var code exit
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(w, "sweepd:", err)
	return codeOf(fault.KindOf(err))
}
