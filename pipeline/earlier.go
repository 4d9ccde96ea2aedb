package pipeline

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/blankform"
	"lianheti/stages/check"
	"lianheti/stages/compare"
	"lianheti/stages/consolidate"
	"lianheti/stages/export"
	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// previousRun is the earlier run to compare with; all fields are nil where none was given.
type previousRun struct {
	round      *table.Round // its tables, read under this run's definition
	definition *templates.Definition
	entry      *publish.RunRef
	manifest   *publish.Manifest
}

// summary returns what the provincial workbook shows about the earlier run; nil: there is none.
func (p previousRun) summary() *consolidate.Earlier {
	if p.manifest == nil {
		return nil
	}
	return &consolidate.Earlier{Date: p.manifest.Date, Definition: p.manifest.Definition,
		Complete: p.round.Ranking.State() == table.AllMarked}
}

// readPrevious reads the tables and the definition of the previous run, after verifying that they are unchanged. Its
// scales are kept (unless Rescale is set), and the explanations given then become known.
func (r *run) readPrevious() error {
	if r.Previous == "" {
		return nil
	}
	dir := r.Previous
	m, sum, err := readVerifiedManifest(dir)
	switch {
	case err != nil:
		return err
	case m.Year != r.Definition.Year:
		return publish.Refuse("上一轮的结果 %s 是%d年的，本轮是%d年，不能相比", dir, m.Year, r.Definition.Year)
	}
	round, err := restoreRound(r.Definition, filepath.Join(dir, dataFolder))
	if err != nil {
		return publish.Refuse("上一轮的结果 %s：%s", dir, publish.ErrorText(err))
	}
	definition, err := loadEarlierDefinition(filepath.Join(dir, definitionFolder), r.Definition)
	if err == nil {
		definition, err = definition.Adjusted(r.known.Register.Adjustments())
	}
	if err != nil {
		return publish.Refuse("上一轮的结果 %s 里的定义：%s。它可能被改过，或是旧版程序的结果，请用本版程序重新运行上一轮的输入", dir, publish.ErrorText(err))
	}
	r.previous = previousRun{round, definition, &publish.RunRef{Date: m.Date, SHA256: sum}, m}
	if r.known.Given = round.ExplanationsInForce(); !r.Rescale {
		r.Score.Scales = slices.Collect(round.Ranking.Scales.All())
	}
	return nil
}

// readVerifiedManifest reads and hashes the manifest of an earlier run; its tables and definition must be unchanged.
func readVerifiedManifest(dir string) (m *publish.Manifest, digest string, err error) {
	m, differences, err := publish.Verify(dir)
	differences = slices.DeleteFunc(differences, func(x publish.Difference) bool {
		return !strings.HasPrefix(x.Path, dataFolder+"/") && !strings.HasPrefix(x.Path, definitionFolder+"/")
	})
	switch {
	case err != nil:
		return nil, "", publish.Refuse("上一轮的结果：%s", publish.ErrorText(err))
	case len(differences) > 0:
		return nil, "", publish.Refuse("上一轮的结果 %s 不是发布时的样子：%s%s（共 %d 处）。请改用没有动过的结果", dir, differences[0].Path,
			differences[0].What, len(differences))
	}
	data, err := os.ReadFile(filepath.Join(dir, publish.ManifestName))
	return m, model.Digest(data), err
}

// loadEarlierDefinition loads the definition stored with an earlier run. Where this version of the program can't read
// it, only a part of it is used with the rest of the current one: all but sheets.yaml and tables.yaml, which affect
// no finding; failing that, the rubric alone, so that the effect of its changes can still be told.
func loadEarlierDefinition(dir string, now *templates.Definition) (*templates.Definition, error) {
	kept, err := templates.LoadDir(dir, now.Year)
	in := strconv.Itoa(now.Year)
	rubric, shown := path.Join(in, "rubric.yaml"), []string{path.Join(in, "sheets.yaml"), path.Join(in, "tables.yaml")}
	if _, missing := os.Stat(filepath.Join(dir, filepath.FromSlash(rubric))); err == nil || missing != nil {
		return kept, err
	}
	for _, fromEarlier := range []func(name string) bool{
		func(name string) bool { return !slices.Contains(shown, name) },
		func(name string) bool { return name == rubric }} {
		texts := maps.Clone(now.Texts)
		for name := range now.Texts {
			if text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err == nil && fromEarlier(name) {
				texts[name] = text
			}
		}
		if mixed, fits := templates.LoadTexts(texts, now.Year); fits == nil {
			return mixed, nil
		}
	}
	return nil, err
}

// causes computes what changed totals and verdicts since then. register is the file of this run; nil: none was given.
func (p previousRun) causes(now *table.Round, register *publish.Source) (why compare.Causes, err error) {
	defer try.Caught(&err)
	if p.round == nil {
		return why, nil
	}
	known := check.Known{Register: now.Register, Given: p.round.ExplanationsInForce()}
	earlier := *p.round
	earlier.Facts = withDefinition(p.definition, p.round.Facts)
	var between *table.Round
	if p.definition.Form.CompatibleWith(now.Facts.Definition.Form) {
		between = &table.Round{Facts: withDefinition(p.definition, now.Facts), Judgement: now.Judgement}
		if p.definitionChanged(now, "rules", "directory.yaml", "register.yaml") {
			between.Judgement, err = check.Run(between.Facts, known)
			try.In("按上一轮的规则检查", err)
		}
		if !p.manifest.Register.Same(register) {
			why.Registered, err = check.Run(earlier.Facts, known)
			try.In("按本轮的登记检查上一轮的申报", err)
		}
		why.Judged = between.Judgement
	}
	why.Moves, err = score.TotalChanges(&earlier, why.Registered, between, now)
	return why, try.Named("按上一轮的办法计分", err)
}

// definitionChanged reports whether any definition file whose name has one of these prefixes has changed.
func (p previousRun) definitionChanged(now *table.Round, names ...string) bool {
	is, was := now.Facts.Definition.Sources, p.definition.Sources
	files := slices.AppendSeq(slices.Collect(maps.Keys(is)), maps.Keys(was))
	return slices.ContainsFunc(files, func(file string) bool {
		begins := func(name string) bool { return strings.HasPrefix(path.Base(file), name) }
		return is[file] != was[file] && slices.ContainsFunc(names, begins)
	})
}

func withDefinition(d *templates.Definition, facts *table.Facts) *table.Facts {
	out := *facts
	out.Definition = d
	return &out
}

// ProgressForms is what the kits of progress forms (年度数据核对表) are made from.
type ProgressForms struct {
	Definition  *templates.Definition // the form; its directory lists only the consortia that must report
	Prefill     func(templates.Entry) blankform.Values
	WithoutData []string // consortia that must report but are not in the data of earlier years
}

// PrepareProgressForms prepares the progress forms for the selected consortia, from the data of earlier years.
func PrepareProgressForms(d *templates.Definition, data []string, register string) (_ *ProgressForms, err error) {
	defer try.Caught(&err)
	if d.Progress == nil {
		return nil, fmt.Errorf("%d年的定义里没有年度数据核对表（progress）：请用 --year 写明有的年度", d.Year)
	}
	d, kept, err := Register(d, register)
	try.Do(err)
	archive, chosen := table.NewArchive(try.Get(readRounds(data))), kept.Chosen()
	isChosen := func(e templates.Entry) bool { return chosen[table.EntryKey(e)] }
	i := &ProgressForms{Definition: d.Progress.FilterDirectory(isChosen)}
	if len(i.Definition.Directory.Entries) == 0 {
		titles := map[templates.RegisterEffect]string{}
		for _, s := range d.Register().Sheets {
			titles[s.Effect] = s.Title
		}
		return nil, fmt.Errorf("登记表 %s 里没有登记入选的（“%s”“%s”），没有要核对的联合体", register,
			titles[templates.EffectAward], titles[templates.EffectSelect])
	}
	for _, e := range i.Definition.Directory.Entries {
		if archive.Form(e) == nil {
			i.WithoutData = append(i.WithoutData, e.Consortium)
		}
	}
	i.Prefill = func(e templates.Entry) blankform.Values {
		return prefillProgress(i.Definition, archive, e, kept)
	}
	return i, nil
}

// readRounds reads published data folders, one a year, and sorts the rounds by year.
func readRounds(data []string) (out []*table.Round, err error) {
	defer try.Caught(&err)
	for _, dir := range data {
		out = append(out, try.Get(readPublishedRound(dir)))
	}
	slices.SortStableFunc(out, func(a, b *table.Round) int { return a.Definition.Year - b.Definition.Year })
	return out, nil
}

// PrefillFromEarlier returns a function that prefills the form of a consortium that applied before: facts about
// itself and actual figures, but no commitment, text, date or personal data.
func PrefillFromEarlier(d *templates.Definition, data []string) (func(templates.Entry) blankform.Values, error) {
	rounds, err := readRounds(data)
	archive := table.NewArchive(rounds)
	return func(e templates.Entry) blankform.Values {
		v := blankform.Prefilled(e)
		form := archive.Form(e)
		if form == nil {
			return v
		}
		earlier := blankform.ValuesOf(d, form, nil)
		v.Records = earlier.Records
		for r, value := range earlier.Fields {
			f, m := d.Field(r.Field), form.Metric(r.Field, r.Year)
			fact := r.Year == 0 && (f.Type == templates.TextField || f.Numeric()) && !f.Extra
			if _, given := v.Fields[r]; !given && (fact || m != nil && m.Kind == string(templates.Actual)) {
				v.Fields[r] = value
			}
		}
		return v
	}, err
}

// readPublishedRound reads the published tables of a run under the definition stored beside them.
func readPublishedRound(data string) (_ *table.Round, err error) {
	defer try.Caught(&err)
	p, _, err := export.Verify(data)
	if err != nil {
		return nil, publish.Refuse("数据表 %s：%s", data, publish.ErrorText(err))
	}
	d, err := templates.LoadDir(filepath.Join(data, "..", definitionFolder), p.Batch)
	if os.IsNotExist(err) || err != nil && p.Batch <= templates.Latest() {
		d, err = templates.Load(p.Batch)
	}
	try.In("数据表 "+data+" 的定义", err)
	round, err := restoreRound(d, data)
	return round, try.Named("数据表 "+data, err)
}

// prefillProgress prefills a progress form: identity, and in locked cells what was committed and stated before.
func prefillProgress(d *templates.Definition, a *table.Archive, e templates.Entry,
	register table.Register) blankform.Values {
	v, form := blankform.Prefilled(e), a.Form(e)
	if form == nil {
		return v
	}
	s, p, basis := form.Submission, d.Form.Promises, table.BasisUnsealed
	if register.Sealed(table.EntryKey(e), s.CheckCode) {
		basis = table.BasisSupplement
	}
	for field, text := range map[string]string{"consortium": s.Consortium, "park": s.Park, "lead_school": s.LeadSchool,
		"lead_enterprise": s.LeadEnterprise, p.School: s.LeadSchool, p.Code: s.CheckCode, p.Basis: basis} {
		v.Fields[templates.Ref{Field: field}] = blankform.Value{Text: text}
	}
	if funds := a.Promised(s.Consortium, "funding_total"); funds.IsPositive() {
		v.Fields[templates.Ref{Field: p.Funds}] = blankform.Value{Number: &funds}
	}
	v.Records = map[string][]map[string]blankform.Value{"members": blankform.RowsOf(d, form.Rows("members"))}
	for _, list := range p.Carried {
		v.Records[list] = blankform.RowsOf(d, a.List(d, s.Consortium, list))
	}
	for _, metric := range d.Form.Metrics() {
		for _, companion := range []string{p.Promised, p.Stated} {
			field := d.CompanionField(metric, companion)
			if field == nil || len(metric.Companions) == 0 {
				continue
			}
			for _, r := range d.Refs(field) {
				if value, ok := a.EarlierFigure(d, s.Consortium, metric, companion, r.Year); ok {
					v.Fields[r] = blankform.Value{Number: new(decimal.NewFromFloat(value))}
				}
			}
		}
	}
	return v
}

// readEarlier reads the results of earlier years, oldest first, and records them for the manifest.
func (r *run) readEarlier() (err error) {
	defer try.Caught(&err)
	var data []string
	for _, dir := range r.Earlier {
		m, digest, err := readVerifiedManifest(dir)
		try.Do(err)
		data = append(data, filepath.Join(dir, dataFolder))
		r.earlierManifests = append(r.earlierManifests, publish.RunRef{Year: m.Year, Date: m.Date, SHA256: digest})
	}
	slices.SortStableFunc(r.earlierManifests, func(a, b publish.RunRef) int { return a.Year - b.Year })
	r.earlierRounds, err = readRounds(data)
	return err
}

// checkProgressForms checks the progress forms by the rules of their own form, with the consortia that must report as
// directory, compares them with the commitments of earlier years, and adds the results to the facts.
func (r *run) checkProgressForms() (err error) {
	if r.facts.Progress == nil {
		return nil
	}
	defer try.Caught(&err)
	p, chosen := *r.facts.Progress, r.known.Register.Chosen()
	reported := table.IndexBy(p.Submissions.All(), table.ConsortiumKey)
	p.Definition = r.Definition.Progress.FilterDirectory(func(e templates.Entry) bool {
		key := table.EntryKey(e)
		return chosen[key] || reported[key].Submission != ""
	})
	// a selected consortium needs no recommendation form, but it must hand in this one
	selects := func(e table.RegisterEntry) bool { return e.Sheet.Effect == templates.EffectSelect }
	known := check.Known{Register: slices.DeleteFunc(slices.Clone(r.known.Register), selects)}
	const what = "检查年度数据核对表"
	judgement, err := check.Run(&p, known) // first, because invalid figures are not compared with commitments
	try.In(what, err)
	rows, found := table.CompareCommitments(&p, judgement, table.NewArchive(r.earlierRounds))
	for s := range p.Submissions.All() {
		if r.Register != "" && !chosen[table.ConsortiumKey(s)] {
			found = append(found, model.Finding{Code: p.Definition.CodeOf("not_selected"), Submission: s.Submission,
				Member: s.Consortium, Places: []model.Place{{File: s.File}}})
		}
	}
	p.FileFindings = slices.Concat(p.FileFindings, found)
	judgement, err = check.Run(&p, known)
	try.In(what, err)
	r.progressRound = &table.Round{Facts: &p, Judgement: judgement, Ranking: &table.Ranking{}}
	r.facts = r.facts.WithFulfilment(rows, r.progressRound)
	return nil
}
