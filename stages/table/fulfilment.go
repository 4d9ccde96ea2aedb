package table

import (
	"cmp"
	"maps"
	"slices"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Fulfilled is one figure of one year that somebody chosen in an earlier batch reports, beside what was promised of it
// or said of it before.
type Fulfilled struct {
	Submission    string       `col:"submission"` // of the progress form
	CityCode      string       `col:"city_code,null"`
	City          string       `col:"city,null"`
	Consortium    string       `col:"consortium,null"`
	Indicator     string       `col:"indicator"`
	Year          int32        `col:"year"`
	Unit          string       `col:"unit"`
	PromisedIn    Opt[int32]   `col:"promised_in"` // batch; nothing where only the progress form tells
	Promised      Opt[float64] `col:"promised"`
	Basis         string       `col:"basis,null"`
	PromisedSheet string       `col:"promised_sheet,null"`
	PromisedCell  string       `col:"promised_cell,null"`
	Measured      bool         `col:"measured"` // a promise that was sealed meets a figure
	StatedIn      Opt[int32]   `col:"stated_in"`
	Stated        Opt[float64] `col:"stated"` // what was said of the same year before
	Reported      Opt[float64] `col:"reported"`
	Rate          Opt[float64] `col:"rate"` // percent; nothing where 0 was promised
	Status        string       `col:"status"`
	LowYears      int32        `col:"low_years"` // how many years running it is short, this one included
	Reason        string       `col:"reason,null"`
	File          string       `col:"file"`
	Sheet         string       `col:"sheet,null"` // empty, like the cell, where the form does not ask for the year
	Cell          string       `col:"cell,null"`
}

// What became of a figure.
const (
	StatusMet         = "met"
	StatusNear        = "near"            // below the promise, not below the declared share of it
	StatusShort       = "short"           // below that, and no reason given
	StatusExplained   = "short_explained" // below that, with a reason
	StatusUnpromised  = "not_promised"    // nothing is measured
	StatusUnsealed    = "unsealed"        // promised, on no sealed paper: nothing is measured
	StatusUnreported  = "not_reported"    // 未填 or 不适用
	StatusDoubtful    = "doubtful"        // a figure that can't be believed as it stands measures nothing
	StatusAhead       = "ahead"           // promised for a year that is not asked for yet
	StatusEarlier     = "earlier"         // of a year that is not asked for any more
	StatusKept        = "kept"            // an earlier figure, as it was said before
	StatusRestated    = "restated"
	StatusUnannounced = "first_said" // an earlier figure of which nothing was said before
)

// ResultMeasured is how many figures were measured.
const ResultMeasured = "measured"

// Results counts what came of figures, by status, and how many of them were measured.
func Results(rows []Fulfilled) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		if out[r.Status]++; r.Measured {
			out[ResultMeasured]++
		}
	}
	return out
}

// On what a promise rests.
const (
	BasisForm       = "推荐书"
	BasisSupplement = "附表（盖章）"
	BasisUnsealed   = "未盖章"
)

// Rules of the catalogue of progress forms, by id; a threshold is the share of a promise below which a reason is asked
// for.
const (
	ruleShort    = "promise_short"
	ruleFunding  = "funding_short" // the same of money, which is promised on the official form itself
	ruleAltered  = "promise_altered"
	ruleLowAgain = "low_two_years"
)

// RoleOf is what files of a form are handed in as.
func RoleOf(d *templates.Definition) string {
	if d.Form.Promises.Promised != "" {
		return RoleProgress
	}
	return RoleSubmission
}

// Fulfilled is the same facts with what became of earlier commitments, and what progress forms list and was found in
// them.
func (f *Facts) Fulfilled(rows []Fulfilled, progress *Round) *Facts {
	out, cells := *f, slices.Collect(f.ListCells.All())
	for c := range progress.ListCells.All() {
		c.Submission = ""
		cells = append(cells, c)
	}
	for x := range progress.Findings.All() {
		x.Submission = ""
		out.Told = append(out.Told, x)
	}
	out.Fulfilment, out.ListCells = Of(rows), Of(cells)
	return &out
}

// Followed groups what became of commitments by progress form.
func (f *Facts) Followed() [][]Fulfilled {
	return Grouped(slices.Collect(f.Fulfilment.All()), func(r Fulfilled) string { return r.File })
}

// Archive is what earlier batches stated: by consortium, what was promised and what was said to be.
type Archive struct {
	promised, actual map[slot]statement
	low              map[slot]int32
	forms            map[string]*Form      // of the last batch, by consortium
	lists            map[string][]ListCell // of the last progress form, by consortium
}

// slot is a figure of a consortium, which is known by its name from batch to batch: the directory may number anew.
// Within one batch it is known by the id of what it handed in.
type slot struct {
	consortium, indicator string
	year                  int32
}

type statement struct {
	batch       Opt[int32]
	value       float64
	sheet, cell string
	beyond      bool // not printed on the official form itself
}

// NewArchive gathers earlier batches, the oldest first: what was said later stands.
func NewArchive(batches ...*Facts) *Archive {
	a := &Archive{map[slot]statement{}, map[slot]statement{}, map[slot]int32{}, map[string]*Form{},
		map[string][]ListCell{}}
	for _, facts := range batches {
		batch := Nonzero(facts.Definition.Directory.Batch)
		for form := range facts.Forms {
			key := text.NameKey(form.Submission.Consortium)
			a.forms[key] = form
			for _, m := range form.Metrics {
				if m.Status != Normal {
					continue
				}
				field, into := facts.Definition.Field(m.Indicator), a.actual
				if m.Kind == string(templates.Committed) {
					into = a.promised
				}
				into[slot{key, m.Indicator, m.Year}] = statement{batch, m.Value.V, m.Sheet, m.Cell,
					field != nil && facts.Definition.Supplementary(field, int(m.Year))}
			}
		}
		of := map[string]string{} // consortium, by progress form
		for r := range facts.Fulfilment.All() {
			s := slot{text.NameKey(r.Consortium), r.Indicator, r.Year}
			of[r.File] = s.consortium
			if a.low[s] = r.LowYears; r.Reported.Valid {
				a.actual[s] = statement{batch: batch, value: r.Reported.V, sheet: r.Sheet, cell: r.Cell}
			}
		}
		for _, key := range of {
			a.lists[key] = nil
		}
		for c := range facts.ListCells.All() {
			if key := of[c.File]; key != "" {
				a.lists[key] = append(a.lists[key], c)
			}
		}
	}
	return a
}

// Form is what a consortium handed in last, or nil.
func (a *Archive) Form(consortium string) *Form { return a.forms[text.NameKey(consortium)] }

// List gives the rows of a list as the last progress form of a consortium had them.
func (a *Archive) List(d *templates.Definition, consortium, list string) []Row {
	return (&Form{def: d, ListCells: a.lists[text.NameKey(consortium)]}).Rows(list)
}

// Promised adds up what a consortium promised of a metric, over all years.
func (a *Archive) Promised(consortium, indicator string) (sum decimal.Decimal) {
	for s, x := range a.promised {
		if s.consortium == text.NameKey(consortium) && s.indicator == indicator {
			sum = sum.Add(decimal.NewFromFloat(x.value))
		}
	}
	return sum
}

// Stated is the figure with which the locked companion of a metric is filled: a promise, or what was said before.
func (a *Archive) Stated(d *templates.Definition, consortium string, metric *templates.Field, companion string,
	year int) (value float64, ok bool) {
	from := a.actual
	if companion == d.Form.Promises.Promised {
		from = a.promised
	}
	s, ok := from[slot{text.NameKey(consortium), metric.ID, int32(year)}]
	return s.value, ok
}

// Fulfil compares progress forms with what was stated before, submission by submission in the order of the form. Of a
// consortium that the archive does not know, what was filled into its form is believed; otherwise a difference is a
// finding. judged says which figures are doubtful.
func Fulfil(progress *Facts, judged *Judgement, archive *Archive) (rows []Fulfilled, found []model.Finding) {
	d, open := progress.Definition, map[slot]bool{}
	for x := range judged.Findings.All() {
		if answered := x.Answered(); d.Rule(x.Code).Voids && (answered == ToMend || answered == ToExplain) {
			open[slot{x.Submission, x.Fields, x.Year.V}] = true
		}
	}
	for form := range progress.Forms {
		f := &fulfiller{d: d, p: d.Form.Promises, form: form, archive: archive, open: open}
		f.key = text.NameKey(form.Submission.Consortium)
		f.known = archive.forms[f.key] != nil
		for _, metric := range d.Form.Metrics() {
			if metric.Accompanied {
				rows = append(rows, f.rows(metric)...)
			}
		}
		found = append(found, f.found...)
	}
	return rows, found
}

// fulfiller looks at one progress form.
type fulfiller struct {
	d       *templates.Definition
	p       templates.Promises
	form    *Form
	archive *Archive
	key     string
	known   bool
	open    map[slot]bool // doubtful figures
	found   []model.Finding
}

// rows are a metric year by year: what the form asks for is compared, the rest is as earlier batches had it.
func (f *fulfiller) rows(metric *templates.Field) (rows []Fulfilled) {
	s, asked, years := f.form.Submission, f.d.Refs(metric), map[int32]bool{}
	for _, r := range asked {
		years[int32(r.Year)] = true
	}
	for _, said := range []map[slot]statement{f.archive.promised, f.archive.actual} {
		for at := range said {
			if at.consortium == f.key && at.indicator == metric.ID {
				years[at.year] = true
			}
		}
	}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		at := slot{f.key, metric.ID, year}
		out := Fulfilled{Submission: s.Submission, CityCode: s.CityCode, City: s.City, Consortium: s.Consortium,
			File: s.File, Indicator: metric.ID, Year: year, Unit: metric.Unit, Status: StatusEarlier}
		if said, ok := f.archive.promised[at]; ok {
			f.promised(&out, &said)
		}
		if said, ok := f.archive.actual[at]; ok {
			out.Stated, out.StatedIn = Some(said.value), said.batch
		}
		if r := (templates.Ref{Field: metric.ID, Year: int(year)}); slices.Contains(asked, r) {
			f.compare(metric, r, &out)
		} else if r.Year > asked[len(asked)-1].Year {
			out.Status = StatusAhead
		}
		rows = append(rows, out)
	}
	return rows
}

// promised puts down a promise, and on what it rests.
func (f *fulfiller) promised(out *Fulfilled, s *statement) {
	out.Promised, out.PromisedIn, out.PromisedSheet, out.PromisedCell = Some(s.value), s.batch, s.sheet, s.cell
	switch {
	case !s.beyond:
		out.Basis = BasisForm
	case f.answer(f.p.Basis) == BasisSupplement: // as the Department filled in when it issued the form
		out.Basis = BasisSupplement
	default:
		out.Basis = BasisUnsealed
	}
}

// compare holds a figure against what was promised of it, or else against what was said of it before.
func (f *fulfiller) compare(metric *templates.Field, r templates.Ref, out *Fulfilled) {
	here := f.form.Metric(r.Field, r.Year)
	if out.Sheet, out.Cell = here.Sheet, here.Cell; here.Status == Normal {
		out.Reported = here.Value
	}
	if promised, asked := f.before(metric, f.p.Promised, r.Year, f.archive.promised); asked {
		out.Reason = f.answer(metric.ID + "_" + f.p.Reason)
		f.promise(out, promised)
		return
	}
	stated, _ := f.before(metric, f.p.Stated, r.Year, f.archive.actual)
	if stated != nil {
		out.Stated, out.StatedIn = Some(stated.value), stated.batch
	}
	switch {
	case f.unmeasured(out):
	case stated == nil:
		out.Status = StatusUnannounced
	case stated.value == out.Reported.V:
		out.Status = StatusKept
	default:
		out.Status = StatusRestated
	}
}

// unmeasured says whether there is no figure, or a doubtful one.
func (f *fulfiller) unmeasured(out *Fulfilled) bool {
	switch {
	case !out.Reported.Valid:
		out.Status = StatusUnreported
	case f.open[slot{out.Submission, out.Indicator, out.Year}]:
		out.Status = StatusDoubtful
	default:
		return false
	}
	return true
}

// before is what was stated of a metric in a year, as the archive has it; asked is false where the form has no place
// for it. It is a finding where the form says otherwise.
func (f *fulfiller) before(metric *templates.Field, companion string, year int,
	archived map[slot]statement) (out *statement, asked bool) {
	field := f.d.CompanionField(metric, companion)
	if field == nil || !slices.Contains(f.d.Refs(field), templates.Ref{Field: field.ID, Year: year}) {
		return nil, false
	}
	shown := f.form.Metric(field.ID, year)
	stated, there := archived[slot{f.key, metric.ID, int32(year)}]
	if f.known {
		if filled := shown.Status != Missing; filled != there || filled && shown.Value != Some(stated.value) {
			f.report(ruleAltered, field.ID, year, *shown, Plain(Known(stated.value, there)), nil)
		}
		if there {
			return &stated, true
		}
		return nil, true
	}
	if shown.Status != Normal {
		return nil, true
	}
	official := slices.Contains(metric.Topics, templates.Funding) // the one thing promised on the official form itself
	return &statement{value: shown.Value.V, sheet: shown.Sheet, cell: shown.Cell, beyond: !official}, true
}

func (f *fulfiller) report(rule, field string, year int, at Metric, value string, vars map[string]string) {
	value = cmp.Or(value, "空白")
	s := f.form.Submission
	f.found = append(f.found, model.Finding{Code: f.d.CodeOf(rule), Submission: s.Submission, Fields: []string{field},
		Year: year, Places: []model.Place{{File: s.File, Sheet: at.Sheet, Cell: at.Cell}}, Raw: at.Raw, Value: value,
		Vars: vars})
}

// promise measures a figure by a promise; nil: nothing was promised.
func (f *fulfiller) promise(out *Fulfilled, promised *statement) {
	if promised == nil {
		out.Status = StatusUnpromised
		return
	}
	f.promised(out, promised)
	if out.Basis == BasisUnsealed {
		out.Status = StatusUnsealed
		return
	}
	if f.unmeasured(out) {
		return
	}
	out.Measured = true
	was, is := decimal.NewFromFloat(promised.value), decimal.NewFromFloat(out.Reported.V)
	if !was.IsZero() {
		const hundred, digits = 100, 6
		out.Rate = Some(is.Mul(decimal.NewFromInt(hundred)).DivRound(was, digits).InexactFloat64())
	}
	rule := ruleShort
	if slices.Contains(f.d.Field(out.Indicator).Topics, templates.Funding) {
		rule = ruleFunding
	}
	share := f.d.Rule(f.d.CodeOf(rule)).Threshold
	switch {
	case is.GreaterThanOrEqual(was):
		out.Status = StatusMet
	case is.GreaterThanOrEqual(was.Mul(*share)):
		out.Status = StatusNear
	case out.Reason != "":
		out.Status = StatusExplained
	default:
		out.Status = StatusShort
	}
	if out.Status != StatusExplained && out.Status != StatusShort {
		return
	}
	if out.LowYears = 1 + f.archive.low[slot{f.key, out.Indicator, out.Year - 1}]; out.LowYears > 1 {
		year := int(out.Year)
		f.report(ruleLowAgain, out.Indicator, year, *f.form.Metric(out.Indicator, year), Plain(out.Reported),
			map[string]string{"other": Plain(out.Promised)})
	}
}

func (f *fulfiller) answer(field string) string {
	said, _ := f.form.Text(field, 0)
	return said
}
