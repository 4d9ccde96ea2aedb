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
	"lianheti/stages/review"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// discover lists the files that arrived; none with o.From. It refuses results of ours among them.
func (o Options) discover() ([]intake.Source, error) {
	if o.From != "" {
		return nil, nil
	}
	for _, input := range o.Inputs {
		if result := publish.ResultIn(input); result != "" {
			return nil, publish.Refuse("%s 是以前一次运行的结果，不是收到的材料，却在输入 %s 里面：请把它移到别处，或只给出收件的文件夹", result, input)
		}
	}
	return o.arrived()
}

// arrived lists the files that arrived. What the run reads for something else is no submission, be it among them.
func (o Options) arrived() ([]intake.Source, error) {
	sources, err := intake.Discover(o.Inputs)
	if err != nil {
		return nil, err
	}
	for i := range sources {
		for _, r := range o.reads()[len(o.Inputs):] {
			if r.Path != "" && !r.Whole && publish.Within(sources[i].Disk(), r.Path) {
				sources[i].Serve(r.What)
			}
		}
	}
	if !slices.ContainsFunc(sources, func(s intake.Source) bool { return !s.Ignored() }) {
		return nil, publish.Refuse("%s 里没有工作簿（.xlsx）也没有压缩包（.zip）：请检查路径是不是写错了", strings.Join(o.Inputs, "、"))
	}
	return sources, nil
}

// taken is what is read before anything is judged.
type taken struct {
	sources []intake.Source
	facts   *table.Facts // of the files that arrived, or of tables that an earlier run published
	// a file that arrived, by its path in the files table; nil where there are only tables
	open       func(path string) ([]byte, error)
	from       *publish.Previous // the tables; nil where the files themselves were read
	earlier    previous
	batches    []*table.Round // of earlier years, the oldest first
	named      []publish.Previous
	given      check.Known      // what check knows beside the facts: the register, and what was explained before
	registered *publish.Source  // the register's file
	opinions   *review.Opinions // what a meeting advised
	advised    *publish.Source  // the file that says so
	marking    table.Marking
}

// take reads everything. The register comes first: by what it agrees to, the directory is another.
func (r *running) take(ctx context.Context, sources []intake.Source) (err error) {
	if err := r.readRegister(); err != nil {
		return err
	}
	if err := r.readPrevious(); err != nil {
		return err
	}
	if err := r.readEarlier(); err != nil {
		return err
	}
	if r.From != "" {
		err = r.readTables()
	} else if r.facts, err = read(ctx, r.Definition, sources, r.Options); err == nil {
		r.sources, r.open = sources, opener(sources, r.facts)
	}
	if err != nil {
		return err
	}
	if err := r.readOpinions(); err != nil {
		return err
	}
	return r.readMarks(ctx)
}

// takeApart reads everything for a command whose own files must not lie among what arrived.
func (r *running) takeApart(ctx context.Context) error {
	if err := publish.Outside(r.Out, r.Inputs); err != nil {
		return err
	}
	sources, err := r.discover()
	if err != nil {
		return err
	}
	return r.take(ctx, sources)
}

// readTables takes the facts from published tables, once every file was hashed again.
func (r *running) readTables() error {
	p, digest, err := export.Verify(r.From)
	if err != nil {
		return publish.Refuse("数据表 %s：%s", r.From, publish.InWords(err))
	}
	if _, err := os.Stat(filepath.Join(r.From, "..", publish.ManifestName)); err == nil {
		if err := r.agrees(digest); err != nil {
			return err
		}
	}
	d := r.Definition
	if p.Batch != d.Directory.Batch {
		return publish.Refuse("数据表 %s 是%d年批次的，定义是%d年批次的：请用 --year 写明年度", r.From, p.Batch, d.Directory.Batch)
	}
	// What was read depends on the form and the directory; rules, weights and words may be others now.
	for file, sum := range d.Sources {
		if base := filepath.Base(file); (base == "form.yaml" || base == "directory.yaml") && p.Definition[file] != sum {
			return publish.Refuse("数据表 %s 是按另一份 %s 读出来的：表单或目录变了，要从原件重新读取；只改规则、权重的才能用 --from", r.From, file)
		}
	}
	round, err := restored(d, r.From)
	if err != nil {
		return publish.Refuse("数据表 %s：%s", r.From, publish.InWords(err))
	}
	for s := range round.Submissions.All() {
		e, _, listed := d.Directory.ByConsortium(s.Consortium)
		if listed != s.DirectoryNo.Valid || listed && e.No != int(s.DirectoryNo.V) {
			return publish.Refuse("数据表 %s 读出来以后，登记表对“%s”的目录调整变了：要从原件重新读取", r.From, s.Consortium)
		}
	}
	r.facts, r.marking, r.from = round.Facts, round.Marking, &publish.Previous{SHA256: digest}
	return nil
}

// restored makes a round of published tables, under a definition.
func restored(d *templates.Definition, data string) (*table.Round, error) {
	records, err := export.Read(data)
	if err != nil {
		return nil, err
	}
	round, err := table.Restore(d, records)
	if err != nil {
		return nil, fmt.Errorf("%w。它可能被改过，或是旧版程序的结果，请用本版程序从原件重新运行", err)
	}
	return round, nil
}

// agrees compares a data package with the manifest of the run whose results it stands in. The register is in no table.
func (o Options) agrees(digest string) error {
	m, err := publish.ReadManifest(filepath.Join(o.From, ".."))
	if err != nil {
		return err
	}
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

// readMarks reads the experts' workbooks, under the name of their folder; without any, the marks of the tables stay.
func (r *running) readMarks(ctx context.Context) error {
	if r.Marks == "" {
		return nil
	}
	sources, err := intake.Discover([]string{r.Marks})
	if err != nil {
		return fmt.Errorf("专家评分：%w", err)
	}
	var returned []marking.Returned
	for _, s := range sources {
		if err := ctx.Err(); err != nil {
			return err
		}
		file, cells := intake.Flat(s)
		file.Path = filepath.Base(filepath.Clean(r.Marks)) + "/" + file.Path
		returned = append(returned, marking.Returned{File: file, Cells: cells})
	}
	r.marking = marking.Read(r.facts, returned)
	if r.from != nil { // nobody knows whose names to hide in what they wrote
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

// readRegister reads the Department's register, and describes the file for the manifest. From then on the directory is
// the one with what was agreed to.
func (r *running) readRegister() error {
	if r.Register == "" {
		return nil
	}
	cells, err := cellsOf(r.Definition, r.Register, "登记表", "--register")
	if err != nil {
		return publish.Refuse("%v", err)
	}
	if r.given.Register, err = normalize.Register(r.Definition, cells); err != nil {
		return publish.Refuse("登记表 %s 有读不准的地方，请改正后再运行：\n%v", r.Register, err)
	}
	data, err := os.ReadFile(r.Register)
	if err != nil {
		return err
	}
	r.registered = sourceOf(r.Register, data, len(r.given.Register))
	r.Definition, err = r.Definition.Adjusted(r.given.Register.Adjustments())
	return err
}

// cellsOf reads a single workbook that somebody names for something else than submissions.
func cellsOf(d *templates.Definition, path, what, flag string) ([]model.Cell, error) {
	sources, err := intake.Discover([]string{path})
	if err != nil || len(sources) != 1 {
		return nil, fmt.Errorf("%s %s 要是一个 .xlsx 文件，请检查 %s 后面的路径", what, path, flag)
	}
	file, cells := intake.Flat(sources[0])
	if rule := d.Rule(file.Code); rule != nil {
		return nil, fmt.Errorf("%s %s 用不了：%s（%s）。%s", what, path, rule.Title, rule.Code, rule.Cure)
	}
	return cells, nil
}

// Register reads the Department's register, and gives the definition adjusted to it.
func Register(d *templates.Definition, file string) (*templates.Definition, table.Register, error) {
	r := &running{Options: Options{Definition: d, Register: file}}
	err := r.readRegister()
	return r.Definition, r.given.Register, err
}

// readOpinions reads what a meeting advised on the run that Previous names, and on no other, and describes the file for
// the manifest.
func (r *running) readOpinions() error {
	if r.Opinions == "" {
		return nil
	}
	data, err := os.ReadFile(r.Opinions)
	if err != nil {
		return fmt.Errorf("会审意见 %s 打不开，请检查 --opinions 后面的路径", r.Opinions)
	}
	root := ""
	if r.earlier.run != nil {
		root = r.earlier.run.DataRoot
	}
	if r.opinions, err = review.ReadOpinions(data, r.Definition.Directory.Batch, root); err != nil {
		return fmt.Errorf("会审意见 %s 用不了：%w", r.Opinions, err)
	}
	r.advised = sourceOf(r.Opinions, data, len(r.opinions.Opinions))
	return nil
}

// sourceOf is how the manifest names a file beside the inputs.
func sourceOf(file string, data []byte, entries int) *publish.Source {
	return &publish.Source{Name: text.Mask(filepath.Base(file)), SHA256: model.Digest(data), Entries: entries}
}

// read opens every source once, a few at a time, and gathers the rows in the order of the sources.
func read(ctx context.Context, d *templates.Definition, sources []intake.Source, o Options) (*table.Facts, error) {
	facts, err := readAs(ctx, d, sources, o, normalize.Workbook)
	if err != nil {
		return nil, err
	}
	return facts[0], nil
}

type way func(*templates.Definition, model.Workbook) *normalize.Rows

// readAs makes rows of each workbook in several ways, and facts of each way; progress forms are kept apart.
func readAs(ctx context.Context, d *templates.Definition, sources []intake.Source, o Options,
	ways ...way) ([]*table.Facts, error) {
	waiting := func(yield func(intake.Source) bool) {
		for _, source := range sources {
			if ctx.Err() != nil || !yield(source) {
				return
			}
		}
	}
	forms := []*templates.Definition{d}
	if d.Progress != nil {
		forms = append(forms, d.Progress)
	}
	batches, which := map[*templates.Definition][]*normalize.Batch{}, map[*templates.Definition][]int{}
	for _, form := range forms {
		for range ways {
			batches[form] = append(batches[form], normalize.NewBatch(form))
		}
	}
	done, pieces := 0, []*piece(nil)
	for each := range workers.InOrder(o.Workers, waiting, func(s intake.Source) fileRows { return rowsOf(d, s, ways) }) {
		for i, rows := range each.rows {
			batches[each.form][i].Add(rows)
		}
		which[each.form] = append(which[each.form], done)
		pieces = append(pieces, each.piece)
		done++
		if o.Progress != nil {
			o.Progress("读取", done, len(sources))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	facts := make([]*table.Facts, len(ways))
	for i := range ways {
		facts[i] = batches[d][i].Facts()
		facts[i].Sources = which[d]
		facts[i] = paired(facts[i], pieces)
		if len(which[d.Progress]) > 0 {
			facts[i].Progress = batches[d.Progress][i].Facts()
			facts[i].Progress.Sources = which[d.Progress]
		}
	}
	return facts, nil
}

// fileRows are the rows of one file, in several ways, and the form that it is.
type fileRows struct {
	rows  []*normalize.Rows
	form  *templates.Definition
	piece *piece // the recommendation as Word or PDF; nil: none
}

// rowsOf reads one file. Whatever a file makes the program do, the others are read: a panic is a refusal of this one.
func rowsOf(d *templates.Definition, source intake.Source, ways []way) (out fileRows) {
	defer func() {
		if recover() != nil {
			out = inWays(d, intake.Defeated(source), ways)
		}
	}()
	w := intake.Read(d, source)
	p := pieceOf(d, source, &w.File, ways[len(ways)-1])
	out = inWays(d, w, ways)
	out.piece = p
	return out
}

func inWays(d *templates.Definition, w model.Workbook, ways []way) fileRows {
	out := fileRows{form: d.Asking(w.Form.ID), rows: make([]*normalize.Rows, len(ways))}
	for i, way := range ways {
		out.rows[i] = way(out.form, w)
	}
	return out
}

// opener gives the bytes of a file that arrived, by its path in the files table, where names and phones are hidden.
func opener(sources []intake.Source, facts *table.Facts) func(path string) ([]byte, error) {
	at := make(map[string]int, len(sources))
	for i := range facts.Sources {
		at[facts.Files.Row(i).Path] = i
	}
	return func(path string) ([]byte, error) {
		i, ok := at[path]
		if !ok {
			return nil, fmt.Errorf("没有读过文件 %s", path)
		}
		data, err := sources[facts.Sources[i]].Read(intake.MaxFile)
		if err == nil && model.Digest(data) != facts.Files.Row(i).SHA256 {
			err = errors.New("文件在运行中被改动；请等文件放好再运行")
		}
		return data, err
	}
}

// InputYears lists the known years of the forms that arrived, ascending.
func InputYears(inputs []string, known []int) ([]int, error) {
	sources, err := intake.Discover(inputs)
	if err != nil {
		return nil, err
	}
	var found []int
	for year := range workers.InOrder(0, slices.Values(sources), intake.FormYear) {
		if slices.Contains(known, year) {
			found = append(found, year)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}
