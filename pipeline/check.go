package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/check"
	"lianheti/stages/dossier"
	"lianheti/stages/feedback"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Checked is the result of checking workbooks before they are sent. Its JSON keys are public.
type Checked struct {
	Year    int           `json:"year"`
	Version string        `json:"version"` // of the program
	Files   []CheckedFile `json:"files"`   // all input files, ordered by path
	// Later lists the rules across submissions, which only the Department's run can check.
	Later []CheckedRule `json:"at_consolidation"`
}

// CheckedFile is one input file.
type CheckedFile struct {
	table.File
	Annotated    string             `json:"annotated,omitempty"`        // path of the annotated copy
	NotAnnotated string             `json:"annotation_error,omitempty"` // why there is no annotated copy
	Readings     string             `json:"readings_file,omitempty"`    // path of the list of readings
	Submission   *CheckedSubmission `json:"submission,omitempty"`       // of an accepted file
}

// CheckedSubmission is the submission in an accepted workbook.
type CheckedSubmission struct {
	ID         string           `json:"submission"`
	Consortium string           `json:"consortium"`
	City       string           `json:"city"`
	Edition    *int32           `json:"edition,omitempty"`
	Verdict    model.Verdict    `json:"verdict"`
	Errors     int32            `json:"errors"`
	Warnings   int32            `json:"warnings"` // not yet explained
	Explained  int32            `json:"explained"`
	Hints      int32            `json:"hints"`
	CheckCode  string           `json:"check_code"` // as in the footer of the printed form
	Findings   []CheckedFinding `json:"findings"`   // most severe first
	Readings   []CheckedReading `json:"readings"`   // how every number and date was read
}

// CheckedFinding is one finding.
type CheckedFinding struct {
	Code        string         `json:"code"`
	Rule        string         `json:"rule"`
	Severity    model.Severity `json:"severity"`
	Title       string         `json:"title"`
	Message     string         `json:"message"`
	Cure        string         `json:"cure"`
	Authority   string         `json:"authority"`
	Fields      []string       `json:"fields"`
	Year        *int32         `json:"year,omitempty"`
	Member      string         `json:"member,omitempty"`
	Places      []model.Place  `json:"places"`
	Raw         string         `json:"raw"`
	Value       string         `json:"value"`
	Fingerprint string         `json:"fingerprint"`
	ValueHash   string         `json:"value_hash"`
	Explanation string         `json:"explanation,omitempty"`
	Outdated    string         `json:"outdated_explanation,omitempty"`
}

// CheckedRule is a rule of the catalogue.
type CheckedRule struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

// Check checks each workbook alone, as a run would. It writes nothing but annotated copies, to o.Annotate.
func Check(ctx context.Context, o Options) (_ *Checked, err error) {
	defer try.Caught(&err)
	sources := try.Get(o.listSources())
	facts := try.Get(read(ctx, sources, o, normalize.Workbook))[0]
	across := table.Where(slices.Values(o.Definition.Rules), (*templates.Rule).NeedsBatch)
	r := &Checked{Year: o.Definition.Year, Version: publish.Version, Files: make([]CheckedFile, len(sources)),
		Later: table.Each(across, func(r *templates.Rule) CheckedRule { return CheckedRule{r.Code, r.Title} })}
	for _, form := range []*table.Facts{facts, facts.Progress} {
		if form == nil {
			continue
		}
		for i, f := range try.Get(checkedFiles(form, sources, o)) {
			r.Files[form.FileIndexes[i]] = f
		}
	}
	return r, nil
}

// checkedFiles checks the files of one form, each alone.
func checkedFiles(facts *table.Facts, sources []intake.Source, o Options) (files []CheckedFile, err error) {
	defer try.Caught(&err)
	judgement := try.Get(check.Run(facts, check.Known{Alone: true}))
	submissions := checkedSubmissions(facts, judgement)
	if !o.NoReadings {
		for f := range facts.Forms {
			submissions[f.Submission.Submission].Readings = readings(facts.Definition, f)
		}
	}
	for f := range facts.Files.All() {
		c := CheckedFile{File: f}
		if f.Fate == model.Accepted {
			c.Submission = submissions[f.Submission]
		}
		files = append(files, c)
	}
	if o.Annotate != "" {
		err = annotate(files, facts, judgement, sources, o)
	}
	return files, err
}

func checkedSubmissions(facts *table.Facts, judgement *table.Judgement) map[string]*CheckedSubmission {
	out := map[string]*CheckedSubmission{}
	for i := range facts.Submissions.Len() {
		s, v := facts.Submissions.Row(i), judgement.Verdicts.Row(i)
		out[s.Submission] = &CheckedSubmission{ID: s.Submission, Consortium: s.Consortium, City: facts.CityOf(s),
			Edition: s.Edition.Pointer(),
			Verdict: v.Verdict, Errors: v.Errors, Warnings: v.Warnings, Explained: v.Explained, Hints: v.Hints,
			CheckCode: s.CheckCode, Findings: []CheckedFinding{}}
	}
	for x := range judgement.Findings.All() {
		if s := out[x.Submission]; s != nil {
			s.Findings = append(s.Findings, CheckedFinding{Code: x.Code, Rule: x.Rule, Severity: x.Severity, Title: x.Title,
				Message: x.Message, Cure: x.Cure, Authority: x.Authority, Fields: strings.Fields(x.Fields),
				Year: x.Year.Pointer(), Member: x.Member, Raw: x.Raw, Value: x.Value, Places: x.AllPlaces(),
				Fingerprint: x.Fingerprint, ValueHash: x.ValueHash, Explanation: x.Explanation, Outdated: x.Outdated})
		}
	}
	return out
}

// annotate writes the annotated copies. A copy that can't be made is recorded and does not stop the others.
func annotate(files []CheckedFile, facts *table.Facts, judgement *table.Judgement, sources []intake.Source, o Options,
) (err error) {
	defer try.Caught(&err)
	dir, open := o.Annotate, opener(sources, facts)
	try.Do(publish.CheckFolder(dir))
	var done []string
	write := func(name string, data []byte) string {
		path, err := publish.WriteUnique(filepath.Join(dir, name), data)
		try.Do(publish.WithWritten(done, try.Named("无法写 "+filepath.Join(dir, name), err)))
		done = append(done, path)
		return path
	}
	findings := table.GroupMap(judgement.Findings.All(), func(x table.Finding) string { return x.Submission })
	columns := table.GroupMap(facts.ListColumns.All(), func(c table.ListColumn) string { return c.Submission })
	for i := range files {
		f := &files[i]
		if f.Submission == nil {
			continue
		}
		if o.Readings {
			name := strings.TrimSuffix(feedback.CopyName(f.Path), "（标注）.xlsx") + model.ReadingsSuffix
			f.Readings = write(name, readingsFile(f.Submission.Readings))
		}
		if len(f.Submission.Findings) == 0 {
			continue
		}
		data, err := open(f.Path)
		try.In("再次读取 "+f.Path, err)
		id := f.Submission.ID
		of := feedback.Original{Definition: facts.Definition, ContentHash: facts.ContentHashes[id], Columns: columns[id]}
		copied, err := feedback.Annotate(data, of, findings[id], feedback.SelfCheck)
		if err != nil {
			f.NotAnnotated = err.Error()
			continue
		}
		f.Annotated = write(feedback.CopyName(f.Path), copied)
	}
	return nil
}

// MustCorrect reports whether a file was rejected or a submission has errors.
func (r *Checked) MustCorrect() bool {
	return slices.ContainsFunc(r.Files, func(f CheckedFile) bool {
		return f.Fate == model.Rejected || f.Submission != nil && f.Submission.Verdict == model.Return
	})
}

// List writes 地市报送汇总表, for the letter of a prefecture: a row for each accepted workbook.
func List(d *templates.Definition, r *Checked) (map[string][]byte, error) {
	accepted := table.Where(slices.Values(r.Files), func(f CheckedFile) bool { return f.Submission != nil })
	rows := table.Each(accepted, func(f CheckedFile) map[string]string {
		x, edition := f.Submission, ""
		if x.Edition != nil {
			edition = fmt.Sprint(*x.Edition)
		}
		return map[string]string{"consortium": x.Consortium, "edition": edition, "check_code": x.CheckCode,
			"verdict": string(x.Verdict)}
	})
	cities := table.Unique(accepted, func(f CheckedFile) string { return strings.TrimSuffix(f.Submission.City, "市") })
	city := strings.Join(cities, "、")
	if _, known := d.Directory.CityByName(city); !known { // several prefectures, or none: filled in by hand
		city = "　　　　"
	}
	return dossier.List(d, city, rows)
}

// CheckedReading is how one number or date was read.
type CheckedReading struct {
	model.Place
	Field  string   `json:"field"`
	Name   string   `json:"name"`
	Raw    string   `json:"raw"`
	Value  string   `json:"value"` // empty: none could be read
	Unit   string   `json:"unit,omitempty"`
	Status string   `json:"status"`
	Routes []string `json:"routes"` // ids in reading.yaml; none: read as it stands
	Rules  []string `json:"rules"`  // the same in words
}

// readings lists how every number and date of a submission was read, in form order, those of the lists last.
func readings(d *templates.Definition, f *table.Form) []CheckedReading {
	at := table.GroupMap(slices.Values(f.Coercions), func(c table.Coercion) string { return c.Sheet + "!" + c.Cell })
	out := []CheckedReading{}
	add := func(field *templates.Field, name string, place model.Place, raw, value string, status table.Status) {
		r := CheckedReading{Place: place, Field: field.ID, Name: name, Raw: raw, Value: value,
			Unit: field.Unit, Status: string(status), Routes: []string{}, Rules: []string{}}
		for _, c := range at[place.String()] {
			route := d.Reading.Route(c.Kind)
			r.Routes, r.Rules = append(r.Routes, route.ID), append(r.Rules, route.Label)
			if c.From != "" && (r.Raw == "" || route.Class != templates.Lossless) {
				r.Raw = c.From
			}
		}
		if r.Raw == "" {
			r.Raw = value
		}
		out = append(out, r)
	}
	for _, slot := range d.Layout().Slots() {
		field, ref := slot.Field, slot.Ref()
		if o := f.Observe(ref); (field.Numeric() || field.Type == templates.DateField) && o.Status != table.Missing {
			if o.Status != table.Normal {
				o.Value = ""
			}
			add(field, d.Name(ref), o.Place, o.Raw, o.Value, o.Status)
		}
	}
	for _, m := range f.Members {
		if m.Status != table.Missing && m.Status != "" {
			const column = "members_enrolment"
			add(d.Field(column), m.Name, f.ListCell(m.Sheet, m.Cell, column), "", table.Plain(m.Enrolment), m.Status)
		}
	}
	for _, v := range f.Verifications {
		if v.Date == "" {
			continue
		}
		place, status := f.ListCell(v.Sheet, v.Cell, "verifications_date"), table.Normal
		value := v.Date
		if slices.ContainsFunc(at[place.String()], func(c table.Coercion) bool {
			return d.Reading.Route(c.Kind).Class == templates.Unreadable
		}) {
			value, status = "", table.Invalid
		}
		add(d.Field("verifications_date"), v.Section, place, v.Date, value, status)
	}
	for _, c := range f.ListCells {
		field := d.Field(c.Field)
		if c.Status == table.Missing || !field.Numeric() && field.Type != templates.DateField {
			continue
		}
		place := model.Place{File: f.Submission.File, Sheet: c.Sheet, Cell: c.Cell}
		add(field, field.Label, place, c.Raw, cmp.Or(table.Plain(c.Number), c.Text), c.Status)
	}
	return out
}

// readingsFile writes the readings as a CSV file that any spreadsheet program opens.
func readingsFile(list []CheckedReading) []byte {
	var b bytes.Buffer
	b.WriteString("\uFEFF") // by which Excel knows the encoding
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	rows := [][]string{{"工作表", "单元格", "栏目", "所见", "读作", "单位", "怎样读的"}}
	for _, r := range list {
		rows = append(rows, []string{r.Sheet, r.Cell, r.Name, r.Raw, r.Shown(), r.Unit, strings.Join(r.Rules, "、")})
	}
	for _, row := range rows {
		for i, s := range row {
			if strings.IndexAny(s, "=+-@") == 0 && strings.Trim(s, "+-0123456789.") != "" { // no formula
				row[i] = "'" + s
			}
		}
	}
	_ = w.WriteAll(rows) // into memory
	return b.Bytes()
}

// Shown returns the value that was read, or why there is none.
func (r CheckedReading) Shown() string {
	switch table.Status(r.Status) {
	case table.NotApplicable:
		return "不适用"
	case table.Invalid:
		return "读不出"
	}
	return r.Value
}
