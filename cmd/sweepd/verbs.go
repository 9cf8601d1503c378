package main

// clientVerbs are the verbs that read a sweep file here, or talk to a server
// that runs already.
type clientVerbs struct {
	Check   checkCmd   `cmd:"" help:"Read a sweep file and say everything that is wrong with it."`
	Preview previewCmd `cmd:"" help:"Show what a sweep file would run: first points, command lines, rungs."`
	Submit  submitCmd  `cmd:"" help:"Submit a sweep file to a server."`
	Ls      lsCmd      `cmd:"" help:"List sweeps, newest first."`
	Show    showCmd    `cmd:"" help:"Show a sweep, or one of its trials."`
	Watch   watchCmd   `cmd:"" help:"Follow a sweep to its end."`
	Logs    logsCmd    `cmd:"" help:"Print what a trial printed."`
	Best    bestCmd    `cmd:"" help:"Print the best trials and their parameters."`
	Pause   pauseCmd   `cmd:"" help:"Start no more trials; what runs goes on."`
	Resume  resumeCmd  `cmd:"" help:"Go on with a paused sweep."`
	Cancel  cancelCmd  `cmd:"" help:"End a sweep, or some of its trials, for good."`
	Retry   retryCmd   `cmd:"" help:"Run failed trials again."`
	Workers workersCmd `cmd:"" help:"List, await and drain workers."`
	Token   tokenCmd   `cmd:"" help:"Make, list and revoke tokens."`
}
