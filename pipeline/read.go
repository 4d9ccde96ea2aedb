package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/check"
	"lianheti/stages/export"
	"lianheti/stages/intake"
	"lianheti/stages/marking"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/office/try"
	"lianheti/stages/review"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// discover lists the input files; none with o.From. It refuses inputs that contain published results or lie in one.
func (o Options) discover() ([]intake.Source, error) {
	if o.From != "" {
		return nil, nil
	}
	for _, input := range o.Inputs {
		if result := publish.FindResult(input); result != "" {
			return nil, publish.Refuse("%s 是以前一次运行的结果，不是收到的材料，却和输入 %s 套在一起：请把它移到别处，或只给出收件的文件夹", result, input)
		}
	}
	return o.listSources()
}

// listSources lists the input files. A file among them that a flag names, such as the register, is no submission.
func (o Options) listSources() ([]intake.Source, error) {
	sources, err := intake.Discover(o.Inputs)
	if err != nil {
		return nil, err
	}
	missing := "里没有工作簿（.xlsx）也没有压缩包（.zip）：请检查路径是不是写错了"
	for i := range sources {
		for _, r := range o.pathsRead()[len(o.Inputs):] {
			if r.Path != "" && !r.ReadFirst && publish.Within(sources[i].Disk(), r.Path) {
				sources[i].MarkAs(r.Label)
				missing = "里的文件都在" + r.Label + "的文件夹里，没有收件：请检查两个路径是不是写成了一个"
			}
		}
	}
	if !slices.ContainsFunc(sources, func(s intake.Source) bool { return !s.Ignored() }) {
		return nil, publish.Refuse("%s %s", strings.Join(o.Inputs, "、"), missing)
	}
	return sources, nil
}

// inputs is everything that a run reads before it checks anything.
type inputs struct {
	sources []intake.Source
	facts   *table.Facts // of the files that arrived, or of tables that an earlier run published
	// reads an input file by its path in the files table; nil: the run started from tables
	open             func(path string) ([]byte, error)
	fromData         *publish.RunRef // the data folder; nil: the run read the files themselves
	previous         previousRun
	earlierRounds    []*table.Round // of earlier years, oldest first
	earlierManifests []publish.RunRef
	known            check.Known      // the register, and explanations given before
	registerFile     *publish.Source  // the register, for the manifest
	opinions         *review.Opinions // a meeting's advice
	opinionsFile     *publish.Source  // its file, for the manifest
	marking          table.Marking
}

// readInputs reads everything. The register comes first, because the adjustments recorded in it change the directory.
func (r *run) readInputs(ctx context.Context, sources []intake.Source) (err error) {
	defer try.Caught(&err)
	try.Do(r.readRegister())
	try.Do(r.readPrevious())
	try.Do(r.readEarlier())
	if r.From != "" {
		try.Do(r.readTables())
	} else {
		r.facts = try.Get(read(ctx, sources, r.Options, normalize.Workbook))[0]
		r.sources, r.open = sources, opener(sources, r.facts)
	}
	try.Do(r.readOpinions())
	return r.readMarks(ctx)
}

// readInputsApart discovers and reads everything for a command that must not write into its own input.
func (r *run) readInputsApart(ctx context.Context) (err error) {
	defer try.Caught(&err)
	try.Do(publish.CheckOutside(r.Out, r.Inputs))
	return r.readInputs(ctx, try.Get(r.discover()))
}

// readTables reads the facts from published tables, after verifying the hash of every file.
func (r *run) readTables() (err error) {
	defer try.Caught(&err)
	p, digest, err := export.Verify(r.From)
	if err != nil {
		return publish.Refuse("数据表 %s：%s", r.From, publish.ErrorText(err))
	}
	if _, err := os.Stat(filepath.Join(r.From, "..", publish.ManifestName)); err == nil {
		try.Do(r.checkDataPackage(digest))
	}
	d := r.Definition
	if p.Batch != d.Directory.Batch {
		return publish.Refuse("数据表 %s 是%d年批次的，定义是%d年批次的：请用 --year 写明年度", r.From, p.Batch, d.Directory.Batch)
	}
	// The tables depend on the form and the directory; rules, weights and wording may have changed.
	for file, sum := range d.Sources {
		if base := filepath.Base(file); (base == "form.yaml" || base == "directory.yaml") && p.Definition[file] != sum {
			return publish.Refuse("数据表 %s 是按另一份 %s 读出来的：表单或目录变了，要从原件重新读取；只改规则、权重的才能用 --from", r.From, file)
		}
	}
	round, err := restoreRound(d, r.From)
	if err != nil {
		return publish.Refuse("数据表 %s：%s", r.From, publish.ErrorText(err))
	}
	for s := range round.Submissions.All() {
		e, _, listed := d.Directory.ByConsortium(s.Consortium)
		if listed != s.DirectoryNo.Valid || listed && e.No != int(s.DirectoryNo.V) {
			return publish.Refuse("数据表 %s 读出来以后，登记表对“%s”的目录调整变了：要从原件重新读取", r.From, s.Consortium)
		}
	}
	r.facts, r.marking, r.fromData = round.Facts, round.Marking, &publish.RunRef{SHA256: digest}
	return nil
}

// restoreRound rebuilds a round from published tables, under a definition.
func restoreRound(d *templates.Definition, data string) (_ *table.Round, err error) {
	defer try.Caught(&err)
	round, err := table.Restore(d, try.Get(export.Read(data)))
	if err != nil {
		return nil, fmt.Errorf("%w。它可能被改过，或是旧版程序的结果，请用本版程序从原件重新运行", err)
	}
	return round, nil
}

// checkDataPackage compares a data package with the manifest of its run; a register, if any, must be given again.
func (o Options) checkDataPackage(digest string) (err error) {
	defer try.Caught(&err)
	m := try.Get(publish.ReadManifest(filepath.Join(o.From, "..")))
	if m.Register != nil && o.Register == "" {
		return publish.Refuse("数据表 %s 是用登记表 %s 得出的，登记的内容不在数据表里：请同样写上 --register（不想用它，就给一份空白的登记表）", o.From, m.Register.Name)
	}
	if slices.ContainsFunc(m.Outputs, func(out publish.Output) bool {
		return out.Path == dataFolder+"/"+export.PackageName && out.SHA256 == digest
	}) {
		return nil
	}
	return publish.Refuse("数据表 %s 与它旁边的 %s 所记不同：不是那次运行公布的样子", o.From, publish.ManifestName)
}

// readMarks reads the experts' workbooks. Without --marks, marks read from tables are kept.
func (r *run) readMarks(ctx context.Context) (err error) {
	if r.Marks == "" {
		return nil
	}
	defer try.Caught(&err)
	sources, err := intake.Discover([]string{r.Marks})
	try.In("专家评分", err)
	var returned []marking.Returned
	for _, s := range sources {
		try.Do(ctx.Err())
		file, cells := intake.ReadCells(s)
		file.Path = filepath.Base(filepath.Clean(r.Marks)) + "/" + file.Path
		returned = append(returned, marking.Returned{File: file, Cells: cells})
	}
	r.marking = marking.Read(r.facts, returned)
	if r.fromData != nil { // the tables have no personal names, so they could not be hidden in comments
		marks := slices.Collect(r.marking.Marks.All())
		for i := range marks {
			if marks[i].Comment != "" {
				marks[i].Comment = "〔没有收：由数据表重算时不知道要遮盖谁的姓名，见评分表原件〕"
			}
		}
		r.marking.Marks = table.Of(marks)
	}
	return nil
}

// readRegister reads the Department's register and applies the directory adjustments that it approves.
func (r *run) readRegister() error {
	if r.Register == "" {
		return nil
	}
	cells, err := readCells(r.Definition, r.Register, "登记表", "--register")
	if err != nil {
		return publish.Refuse("%v", err)
	}
	if r.known.Register, err = normalize.Register(r.Definition, cells); err != nil {
		return publish.Refuse("登记表 %s 有读不准的地方，请改正后再运行：\n%v", r.Register, err)
	}
	data, err := os.ReadFile(r.Register)
	if err == nil {
		r.registerFile = manifestSource(r.Register, data, len(r.known.Register))
		r.Definition, err = r.Definition.Adjusted(r.known.Register.Adjustments())
	}
	return err
}

// readCells reads the cells of one workbook that a flag names, such as the register.
func readCells(d *templates.Definition, path, what, flag string) ([]model.Cell, error) {
	sources, err := intake.Discover([]string{path})
	info, missing := os.Stat(path)
	if err != nil || missing != nil || info.IsDir() || len(sources) != 1 {
		return nil, fmt.Errorf("%s %s 要是一个 .xlsx 文件，请检查 %s 后面的路径", what, path, flag)
	}
	file, cells := intake.ReadCells(sources[0])
	if rule := d.Rule(file.Code); rule != nil {
		return nil, fmt.Errorf("%s %s 用不了：%s（%s）。%s", what, path, rule.Title, rule.Code, rule.Cure)
	}
	return cells, nil
}

// Register reads the Department's register, and returns it with the definition adjusted to it.
func Register(d *templates.Definition, file string) (*templates.Definition, table.Register, error) {
	r := &run{Options: Options{Definition: d, Register: file}}
	err := r.readRegister()
	return r.Definition, r.known.Register, err
}

// readOpinions reads a meeting's advice, which must be about the run that Previous names.
func (r *run) readOpinions() error {
	if r.Opinions == "" {
		return nil
	}
	data, err := os.ReadFile(r.Opinions)
	if err != nil {
		return publish.Refuse("会审意见 %s 打不开，请检查 --opinions 后面的路径", r.Opinions)
	}
	root := ""
	if r.previous.manifest != nil {
		root = r.previous.manifest.DataRoot
	}
	if r.opinions, err = review.ReadOpinions(data, r.Definition.Directory.Batch, root); err != nil {
		return publish.Refuse("会审意见 %s 用不了：%v", r.Opinions, err)
	}
	r.opinionsFile = manifestSource(r.Opinions, data, len(r.opinions.Opinions))
	return nil
}

// manifestSource describes a file other than the inputs for the manifest.
func manifestSource(file string, data []byte, entries int) *publish.Source {
	return &publish.Source{Name: text.Mask(filepath.Base(file)), SHA256: model.Digest(data), Entries: entries}
}

// normalizer turns a workbook into rows: with personal data hidden, or verbatim.
type normalizer func(*templates.Definition, model.Workbook) *normalize.Rows

// read reads each file once, several at a time, and returns one Facts per normalizer, with the rows in the order of the
// sources, progress forms apart in Facts.Progress.
func read(ctx context.Context, sources []intake.Source, o Options, normalizers ...normalizer) ([]*table.Facts, error) {
	d := o.Definition
	forms := []*templates.Definition{d}
	if d.Progress != nil {
		forms = append(forms, d.Progress)
	}
	batches, sourceIndexes := map[*templates.Definition][]*normalize.Batch{}, map[*templates.Definition][]int{}
	for _, form := range forms {
		for range normalizers {
			batches[form] = append(batches[form], normalize.NewBatch(form))
		}
	}
	done, pieces := 0, []*piece(nil)
	rowsOf := func(s intake.Source) fileRows { return readFile(d, s, normalizers) }
	for each := range workers.InOrder(o.Workers, slices.Values(sources), rowsOf) {
		if ctx.Err() != nil {
			break
		}
		for i, rows := range each.rows {
			batches[each.form][i].Add(rows)
		}
		sourceIndexes[each.form] = append(sourceIndexes[each.form], done)
		pieces = append(pieces, each.piece)
		done++
		if o.Progress != nil {
			o.Progress("读取", done, len(sources))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	facts := make([]*table.Facts, len(normalizers))
	for i := range normalizers {
		facts[i] = batches[d][i].Facts()
		facts[i].FileIndexes = sourceIndexes[d]
		facts[i] = pairPieces(facts[i], pieces)
		if len(sourceIndexes[d.Progress]) > 0 {
			facts[i].Progress = batches[d.Progress][i].Facts()
			facts[i].Progress.FileIndexes = sourceIndexes[d.Progress]
		}
	}
	return facts, nil
}

// fileRows are the rows of one file, one element per normalizer, and the form that it fills in.
type fileRows struct {
	rows  []*normalize.Rows
	form  *templates.Definition
	piece *piece // the file as a Word or PDF recommendation; nil: it is none
}

// readFile reads one file. A panic rejects this file only: whatever is in a file, the others are read.
func readFile(d *templates.Definition, source intake.Source, normalizers []normalizer) (out fileRows) {
	defer func() {
		if recover() != nil {
			out = normalizeWith(d, intake.Failed(source), normalizers)
		}
	}()
	w := intake.Read(d, source)
	p := readPiece(d, source, &w.File, normalizers[len(normalizers)-1])
	out = normalizeWith(d, w, normalizers)
	out.piece = p
	return out
}

func normalizeWith(d *templates.Definition, w model.Workbook, normalizers []normalizer) fileRows {
	out := fileRows{form: d.ForForm(w.Form.ID), rows: make([]*normalize.Rows, len(normalizers))}
	for i, f := range normalizers {
		out.rows[i] = f(out.form, w)
	}
	return out
}

// opener returns a function that reads an input file by its path in the files table, where personal data is masked.
func opener(sources []intake.Source, facts *table.Facts) func(path string) ([]byte, error) {
	at := make(map[string]int, len(sources))
	for i := range facts.FileIndexes {
		at[facts.Files.Row(i).Path] = i
	}
	return func(path string) ([]byte, error) {
		i, ok := at[path]
		if !ok {
			return nil, fmt.Errorf("没有读过文件 %s", path)
		}
		data, err := sources[facts.FileIndexes[i]].Read()
		if err == nil && model.Digest(data) != facts.Files.Row(i).SHA256 {
			err = errors.New("文件在运行中被改动；请等文件放好再运行")
		}
		return data, err
	}
}

// InputYears gives the files among the inputs that are forms of the known years, by year.
func InputYears(inputs []string, known []int) (_ map[int][]string, err error) {
	defer try.Caught(&err)
	sources, found, i := try.Get(intake.Discover(inputs)), map[int][]string{}, 0
	for year := range workers.InOrder(0, slices.Values(sources), intake.FormYear) {
		if slices.Contains(known, year) {
			found[year] = append(found[year], sources[i].Path)
		}
		i++
	}
	return found, nil
}
