package pipeline

import (
	"context"
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
	"lianheti/templates"
)

// origin is where the facts of a run come from: the files that arrived, or tables that an earlier run published.
type origin struct {
	facts   *table.Facts
	marking table.Marking // of those tables
	// a file that arrived, by its path in the files table; nil where there are only tables
	open func(path string) ([]byte, error)
	from *publish.Previous // nil where the files themselves were read
}

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
	origin
	sources    []intake.Source
	earlier    previous
	batches    []*table.Round // of earlier years
	named      []publish.Previous
	register   table.Register
	registered *publish.Source
	opinions   *review.Opinions // what a meeting advised
	advised    *publish.Source  // the file that says so
	marking    table.Marking
}

func (o *Options) take(ctx context.Context, sources []intake.Source) (in taken, err error) {
	in.sources = sources
	in.register, in.registered, err = o.readRegister()
	if err != nil {
		return taken{}, err
	}
	if in.earlier, err = readPrevious(*o, in.register); err != nil {
		return taken{}, err
	}
	in.batches, in.named, err = readEarlier(*o)
	if err != nil {
		return taken{}, err
	}
	if o.From != "" {
		if in.origin, err = readTables(*o); err != nil {
			return taken{}, err
		}
	} else {
		if in.facts, err = read(ctx, o.Definition, sources, *o); err != nil {
			return taken{}, err
		}
		in.open = opener(sources, in.facts)
	}
	if in.opinions, in.advised, err = readOpinions(*o, in.earlier); err != nil {
		return taken{}, err
	}
	in.marking, err = readMarks(ctx, in.origin, *o)
	return in, err
}

// takeApart takes all of it for a command whose own files must not lie among what arrived.
func (o *Options) takeApart(ctx context.Context) (in taken, err error) {
	if err := publish.Outside(o.Out, o.Inputs); err != nil {
		return taken{}, err
	}
	sources, err := o.discover()
	if err != nil {
		return taken{}, err
	}
	return o.take(ctx, sources)
}

// given is what check knows beside the facts.
func (in taken) given() check.Known {
	return check.Known{Register: in.register, Given: in.earlier.explained()}
}

// readTables takes the facts from published tables, once every file was hashed again.
func readTables(o Options) (origin, error) {
	p, digest, err := export.Verify(o.From)
	if err != nil {
		return origin{}, publish.Refuse("数据表 %s：%s", o.From, publish.InWords(err))
	}
	if _, err := os.Stat(filepath.Join(o.From, "..", publish.ManifestName)); err == nil {
		if err := o.agrees(digest); err != nil {
			return origin{}, err
		}
	}
	if p.Batch != o.Definition.Directory.Batch {
		return origin{}, publish.Refuse("数据表 %s 是%d年批次的，定义是%d年批次的：请用 --year 写明年度", o.From, p.Batch,
			o.Definition.Directory.Batch)
	}
	// What was read depends on the form and the directory; rules, weights and words may be others now.
	for file, sum := range o.Definition.Sources {
		if base := filepath.Base(file); (base == "form.yaml" || base == "directory.yaml") && p.Definition[file] != sum {
			return origin{}, publish.Refuse("数据表 %s 是按另一份 %s 读出来的：表单或目录变了，要从原件重新读取；只改规则、权重的才能用 --from", o.From, file)
		}
	}
	round, err := restored(o.Definition, o.From)
	if err != nil {
		return origin{}, publish.Refuse("数据表 %s：%s", o.From, publish.InWords(err))
	}
	for s := range round.Facts.Submissions.All() {
		e, _, listed := o.Definition.Directory.ByConsortium(s.Consortium)
		if listed != s.DirectoryNo.Valid || listed && e.No != int(s.DirectoryNo.V) {
			return origin{}, publish.Refuse("数据表 %s 读出来以后，登记表对“%s”的目录调整变了：要从原件重新读取", o.From, s.Consortium)
		}
	}
	return origin{facts: round.Facts, marking: round.Marking, from: &publish.Previous{SHA256: digest}}, nil
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

// readMarks reads the experts' workbooks, under the name of their folder; without any, the marks of the tables.
func readMarks(ctx context.Context, from origin, o Options) (given table.Marking, err error) {
	if o.Marks == "" {
		return from.marking, nil
	}
	sources, err := intake.Discover([]string{o.Marks})
	if err != nil {
		return table.Marking{}, fmt.Errorf("专家评分：%w", err)
	}
	var returned []marking.Returned
	for _, s := range sources {
		if err := ctx.Err(); err != nil {
			return table.Marking{}, err
		}
		file, cells := intake.Flat(s)
		file.Path = filepath.Base(filepath.Clean(o.Marks)) + "/" + file.Path
		returned = append(returned, marking.Returned{File: file, Cells: cells})
	}
	given = marking.Read(from.facts, returned)
	if from.from != nil { // nobody knows whose names to hide in what they wrote
		marks := slices.Collect(given.Marks.All())
		for i := range marks {
			if marks[i].Comment != "" {
				marks[i].Comment = "〔没有收：由数据表重算时不知道要遮盖谁的姓名，见评分表原件〕"
			}
		}
		given.Marks = table.Of(marks)
	}
	return given, nil
}

// readRegister reads the Department's register, and describes the file for the manifest; both nil where none was given.
// From then on the directory is the one with what was agreed to.
func (o *Options) readRegister() (register table.Register, described *publish.Source, err error) {
	if o.Register == "" {
		return nil, nil, nil
	}
	cells, err := cellsOf(o.Definition, o.Register, "登记表", "--register")
	if err != nil {
		return nil, nil, publish.Refuse("%v", err)
	}
	if register, err = normalize.Register(o.Definition, cells); err != nil {
		return nil, nil, publish.Refuse("登记表 %s 有读不准的地方，请改正后再运行：\n%v", o.Register, err)
	}
	data, err := os.ReadFile(o.Register)
	if err != nil {
		return nil, nil, err
	}
	described = sourceOf(o.Register, data, len(register))
	if o.Definition, err = o.Definition.Adjusted(register.Adjustments()); err != nil {
		return nil, nil, err
	}
	return register, described, nil
}

// cellsOf reads a single workbook that somebody names for something else than submissions.
func cellsOf(d *templates.Definition, file, what, flag string) ([]model.Cell, error) {
	sources, err := intake.Discover([]string{file})
	if err != nil || len(sources) != 1 {
		return nil, fmt.Errorf("%s %s 要是一个 .xlsx 文件，请检查 %s 后面的路径", what, file, flag)
	}
	cells, refusal := intake.Cells(sources[0])
	if refusal != nil {
		rule := d.Rule(refusal.Code)
		return nil, fmt.Errorf("%s %s 用不了：%s（%s）。%s", what, file, rule.Title, refusal.Code, rule.Cure)
	}
	return cells, nil
}

// Chosen reads from a register who was chosen already, by table.EntryKey, and gives the definition adjusted to it.
func Chosen(d *templates.Definition, register string) (*templates.Definition, map[string]bool, error) {
	o := Options{Definition: d, Register: register}
	kept, _, err := o.readRegister()
	return o.Definition, kept.Chosen(), err
}

// readOpinions reads what a meeting advised on the run that o.Previous names, and on no other, and describes the file
// for the manifest; both nil where none was given.
func readOpinions(o Options, earlier previous) (*review.Opinions, *publish.Source, error) {
	if o.Opinions == "" {
		return nil, nil, nil
	}
	data, err := os.ReadFile(o.Opinions)
	if err != nil {
		return nil, nil, fmt.Errorf("会审意见 %s 打不开，请检查 --opinions 后面的路径", o.Opinions)
	}
	root := ""
	if earlier.run != nil {
		root = earlier.run.DataRoot
	}
	read, err := review.ReadOpinions(data, o.Definition.Directory.Batch, root)
	if err != nil {
		return nil, nil, fmt.Errorf("会审意见 %s 用不了：%w", o.Opinions, err)
	}
	return read, sourceOf(o.Opinions, data, len(read.Opinions)), nil
}

// sourceOf is how the manifest names a file beside the inputs.
func sourceOf(file string, data []byte, entries int) *publish.Source {
	return &publish.Source{Name: text.Mask(filepath.Base(file)), SHA256: model.Digest(data), Entries: entries}
}
