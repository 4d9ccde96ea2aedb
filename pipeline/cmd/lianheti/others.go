package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/audit"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

// The smaller commands. Their messages are in messages/others.tmpl.

func experts(c *cli.Context) error {
	if c.IsSet("experts") && c.IsSet("count") {
		return usageError{errors.New("--experts 和 --count 只能写一个")}
	}
	_, made, err := runCommand(c, pipeline.Experts)
	if err != nil {
		return err
	}
	written, err := publish.WriteFiles(made.Files, c.Bool("overwrite"))
	if err != nil {
		return err
	}
	return printMessage(c.App.Writer, "experts", expertsReport{made, written})
}

// expertsReport is what messages/others.tmpl prints about the marking workbooks.
type expertsReport struct {
	*pipeline.MarkingWorkbooks
	Written []publish.WriteStatus
}

// Asked counts the items of the n-th workbook; empty unless it is a supplementary one.
func (i expertsReport) Asked(n int) string {
	if i.Parts == nil {
		return ""
	}
	items := slices.Concat(slices.Collect(maps.Values(i.Parts[n].Only))...)
	return fmt.Sprintf("  %d家%d项", len(i.Parts[n].Only), len(items))
}

func printForms(c *cli.Context) error {
	o, printed, err := runCommand(c, pipeline.Word)
	if err != nil {
		return err
	}
	var made []publish.File
	for _, f := range printed.Forms {
		if f.Data != nil {
			made = append(made, publish.File{Path: filepath.Join(o.Out, f.Name), Data: f.Data})
		}
	}
	if err := writeFiles(c, made); err != nil {
		return err
	}
	err = printMessage(c.App.Writer, "printed", struct {
		*pipeline.Printed
		Out string
	}{printed, o.Out})
	return answer(err, printed.Refused())
}

func auditMoves(c *cli.Context) error {
	_, result, err := runCommand(c, pipeline.Audit)
	if err != nil {
		return err
	}
	if err := writeFiles(c, result.Files); err != nil {
		return err
	}
	return answer(printResult(c, result, "audit", auditReport{result}), len(result.Pays) > 0)
}

// auditReport is what messages/others.tmpl prints about an audit.
type auditReport struct{ *pipeline.Audited }

// Best returns the strongest move of each submission, up to a few.
func (r auditReport) Best() []audit.Paying {
	const few = 10
	var out []audit.Paying
	for _, p := range r.Pays {
		if len(out) < few && !slices.ContainsFunc(out, func(x audit.Paying) bool { return x.Submission == p.Submission }) {
			out = append(out, p)
		}
	}
	return out
}

func verify(c *cli.Context) error {
	if c.NArg() != 1 {
		return usageError{fmt.Errorf("要给出一个结果文件夹，例如 output/%d", templates.Latest())}
	}
	m, differences, err := publish.Verify(c.Args().First())
	switch {
	case errors.Is(err, fs.ErrPermission): // an unreadable file says nothing about changes
		return err
	case err != nil:
		return usageError{err}
	}
	machine := map[string]any{"files": len(m.Outputs), "differences": differences,
		"root": m.Root, "data_root": m.DataRoot}
	given, root := strings.ToLower(strings.TrimSpace(c.String("root"))), ""
	if c.IsSet("root") {
		root = matchRoot(m, given)
		machine["matches"] = root
	}
	err = printResult(c, machine, "verified", struct {
		*publish.Manifest
		Differences    []publish.Difference
		Given, Matches string
	}{m, differences, given, root})
	return answer(err, len(differences) > 0 || c.IsSet("root") && root == "")
}

// matchRoot returns which of the two hashes of a manifest was given; empty: neither.
func matchRoot(m *publish.Manifest, given string) string {
	const enough = 16 // characters, as printed in footers
	switch {
	case len(given) >= enough && strings.HasPrefix(m.Root, given):
		return "root"
	case len(given) >= enough && strings.HasPrefix(m.DataRoot, given):
		return "data_root"
	}
	return ""
}

func rehearse(c *cli.Context) error {
	d, err := loadDefinition(c)
	if err != nil {
		return err
	}
	paths, err := inputPaths(c)
	if err != nil {
		return err
	}
	if len(paths) != 1 {
		return usageError{fmt.Errorf("一次演练一份工作簿")}
	}
	results, err := pipeline.Rehearse(c.Context, d, paths[0])
	if err != nil {
		return usageError{err}
	}
	count := func(fits func(pipeline.Rehearsed) bool) int { return len(table.Where(slices.Values(results), fits)) }
	unmade := count(func(r pipeline.Rehearsed) bool { return r.Error != "" })
	unseen := count(func(r pipeline.Rehearsed) bool { return r.Error == "" && !r.Seen })
	err = printResult(c, map[string]any{"file": paths[0], "damages": results, "unseen": unseen, "not_made": unmade},
		"rehearsal", map[string]any{
			"Results": results, "Seen": len(results) - unseen - unmade, "Unseen": unseen, "Unmade": unmade})
	return answer(err, unseen+unmade > 0)
}
