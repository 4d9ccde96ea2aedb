package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/audit"
	"lianheti/stages/blankform"
	"lianheti/stages/export"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

// The smaller commands. Their messages are in messages/others.tmpl.

func experts(c *cli.Context) (err error) {
	defer try.Caught(&err)
	try.Do(usageIf(c.IsSet("experts") && c.IsSet("count"), "--experts 和 --count 只能写一个"))
	_, made := runCommand(c, pipeline.Experts)
	written := try.Get(publish.WriteFiles(made.Files, c.Bool("overwrite")))
	asked := make([]string, len(made.Files)) // only of supplementary ones
	for i, part := range made.Parts {
		items := slices.Concat(slices.Collect(maps.Values(part.Only))...)
		asked[i] = fmt.Sprintf("  %d家%d项", len(part.Only), len(items))
	}
	return printMessage(c.App.Writer, "experts", struct {
		*pipeline.MarkingWorkbooks
		Written []publish.WriteStatus
		Asked   []string
	}{made, written, asked})
}

func printForms(c *cli.Context) (err error) {
	defer try.Caught(&err)
	o, printed := runCommand(c, pipeline.Word)
	finished := table.Where(slices.Values(printed.Forms), func(f pipeline.PrintedForm) bool { return f.Data != nil })
	made := table.Each(finished, func(f pipeline.PrintedForm) publish.File {
		return publish.File{Path: filepath.Join(o.Out, f.Name), Data: f.Data}
	})
	try.Do(writeFiles(c, made))
	err = printMessage(c.App.Writer, "printed", struct {
		*pipeline.Printed
		Out string
	}{printed, o.Out})
	return answer(err, printed.Refused())
}

func auditMoves(c *cli.Context) (err error) {
	defer try.Caught(&err)
	_, result := runCommand(c, pipeline.Audit)
	try.Do(writeFiles(c, result.Files))
	const few = 10
	groups := table.GroupBy(result.Pays, func(x audit.Paying) string { return x.Submission }) // the strongest move first
	err = printResult(c, result, "audit", struct {
		*pipeline.Audited
		Best [][]audit.Paying
	}{result, groups[:min(few, len(groups))]})
	return answer(err, len(result.Pays) > 0)
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

func rehearse(c *cli.Context) (err error) {
	defer try.Caught(&err)
	d, paths := try.Get(loadDefinition(c)), try.Get(inputPaths(c))
	try.Do(usageIf(len(paths) != 1, "一次演练一份工作簿"))
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

func writeTemplates(c *cli.Context) (err error) {
	defer try.Caught(&err)
	d := try.Get(loadDefinition(c))
	if c.IsSet("from-word") {
		return fromWord(c, d)
	}
	return writeFiles(c, try.Get(requestedFiles(c, d)))
}

// outputFile makes a file for --out. It ends a command that fails.
func outputFile(c *cli.Context, name string, write func(io.Writer) error) publish.File {
	var b bytes.Buffer
	try.Do(write(&b))
	return publish.File{Path: filepath.Join(c.String("out"), name), Data: b.Bytes()}
}

// requestedFiles returns the files that the flags ask for.
func requestedFiles(c *cli.Context, d *templates.Definition) (_ []publish.File, err error) {
	defer try.Caught(&err)
	if c.IsSet("from") && c.IsSet("registered") {
		return progressKits(c, d)
	}
	var registered table.Register
	city, all, register := c.String("city"), c.Bool("all"), c.Bool("register")
	if c.IsSet("registered") {
		try.Do(usageIf(city == "" && !all, "--registered 与 --city 或 --all 一起用：登记为已入选的不再发推荐书；与 --from 一起写年度数据核对表"))
		d, registered, err = pipeline.Register(d, c.String("registered"))
		try.Do(err)
	}
	known := blankform.Prefilled
	if c.IsSet("from") {
		try.Do(usageIf(city == "" && !all, "--from 与 --city 或 --all 一起用：往年报过的预填上次所报；与 --registered 一起写年度数据核对表"))
		known = try.Get(pipeline.PrefillFromEarlier(d, c.StringSlice("from")))
	}
	chosen := registered.Chosen()
	prefill := func(e templates.Entry) blankform.Values {
		if chosen[table.EntryKey(e)] {
			return blankform.Values{} // a selected consortium does not apply again
		}
		return known(e)
	}
	kit := func(city templates.City) publish.File {
		write := func(w io.Writer) error { return blankform.Kit(w, d, city, prefill) }
		return outputFile(c, blankform.KitFile(d, city), write)
	}
	switch {
	case city != "" && all || register && (city != "" || all):
		return nil, usageError{errors.New("--city、--all、--register 只能用一个")}
	case register:
		blank := func(w io.Writer) error { return blankform.Register(w, d, nil) }
		name := fmt.Sprintf("%s（%d年）.xlsx", d.Register().Title, d.Year)
		return []publish.File{outputFile(c, name, blank)}, nil
	case all:
		return table.Each(d.Directory.Cities, kit), nil
	case city != "":
		known, ok := d.Directory.CityByName(city)
		names := table.Each(d.Directory.Cities, func(c templates.City) string { return c.Name })
		try.Do(usageIf(!ok, "没有地市“%s”，可用：%s", city, strings.Join(names, "、")))
		return []publish.File{kit(known)}, nil
	}
	blank := func(w io.Writer) error { return blankform.Template(w, d) }
	return []publish.File{outputFile(c, blankform.FileName(d), blank)}, nil
}

// progressKits returns the kits of progress forms, for all prefectures that must report or for --city.
func progressKits(c *cli.Context, d *templates.Definition) (out []publish.File, err error) {
	defer try.Caught(&err)
	of := try.Get(pipeline.PrepareProgressForms(d, c.StringSlice("from"), c.String("registered")))
	for _, name := range of.WithoutData {
		fmt.Fprintf(c.App.ErrWriter, "提示：所给的数据里没有“%s”的推荐书，它的核对表没有预填承诺。\n", name)
	}
	only, known := d.Directory.CityByName(c.String("city"))
	for _, city := range d.Directory.Cities {
		reports := slices.ContainsFunc(of.Definition.Directory.Entries,
			func(e templates.Entry) bool { return e.City == city.Name })
		if reports && (!known || city == only) {
			write := func(w io.Writer) error { return blankform.Kit(w, of.Definition, city, of.Prefill) }
			out = append(out, outputFile(c, blankform.KitFile(of.Definition, city), write))
		}
	}
	return out, usageIf(len(out) == 0, "“%s”没有要核对的联合体", c.String("city"))
}

// writeFiles writes single files and prints what happened to each.
func writeFiles(c *cli.Context, files []publish.File) error {
	written, err := publish.WriteFiles(files, c.Bool("overwrite"))
	for i, w := range written {
		if !c.Bool("json") { // standard output is JSON only
			fmt.Fprintf(c.App.Writer, "%s %s\n", w, files[i].Path)
		}
	}
	return err
}

func writeDictionary(c *cli.Context) (err error) {
	defer try.Caught(&err)
	d := try.Get(loadDefinition(c))
	if word := c.String("search"); word != "" {
		n, err := export.Search(c.App.Writer, d, word)
		if err == nil && n == 0 {
			fmt.Fprintf(c.App.ErrWriter, "数据字典里没有“%s”。\n", word)
		}
		return answer(err, n == 0)
	}
	if name := c.String("table"); name != "" {
		return export.TablePage(c.App.Writer, d, name, c.String("from"))
	}
	path := c.String("xlsx")
	if path == "" {
		return export.DictionaryMarkdown(c.App.Writer, d)
	}
	var b bytes.Buffer
	try.Do(export.DictionarySheet(&b, d))
	return writeFiles(c, []publish.File{{Path: path, Data: b.Bytes()}})
}

// fromWord fills the template from a Word form and prints what fitted no field.
func fromWord(c *cli.Context, d *templates.Definition) (err error) {
	defer try.Caught(&err)
	t := try.Get(pipeline.FromWord(d, c.String("from-word")))
	if t.Workbook == nil {
		fmt.Fprintf(c.App.Writer, "没有生成：%s（%s）\n怎么办：%s\n", t.File.Reason, t.File.Code, t.File.Cure)
		return errNo
	}
	try.Do(writeFiles(c, []publish.File{{Path: filepath.Join(c.String("out"), t.Name), Data: t.Workbook}}))
	return answer(printMessage(c.App.Writer, "transcribed", t), len(t.Unplaced)+len(t.Doubtful) > 0)
}
