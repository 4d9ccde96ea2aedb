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

// Fulfilled is one figure of one year in the progress form of a consortium chosen in an earlier batch, with the
// commitment or the earlier figure for the same year.
type Fulfilled struct {
	Submission    string       `col:"submission"` // of the progress form
	CityCode      string       `col:"city_code,null"`
	City          string       `col:"city,null"`
	Consortium    string       `col:"consortium,null"`
	Indicator     string       `col:"indicator"`
	Year          int32        `col:"year"`
	Unit          string       `col:"unit"`
	PromisedIn    Opt[int32]   `col:"promised_in"` // batch; null where only the progress form has it
	Promised      Opt[float64] `col:"promised"`
	Basis         string       `col:"basis,null"`
	PromisedSheet string       `col:"promised_sheet,null"`
	PromisedCell  string       `col:"promised_cell,null"`
	Measured      bool         `col:"measured"` // the figure was compared with a sealed commitment
	StatedIn      Opt[int32]   `col:"stated_in"`
	Stated        Opt[float64] `col:"stated"` // figure for the same year in an earlier form
	Reported      Opt[float64] `col:"reported"`
	Rate          Opt[float64] `col:"rate"` // percent; null where 0 was promised
	Status        string       `col:"status"`
	LowYears      int32        `col:"low_years"` // consecutive years in which it is short, with this one
	Reason        string       `col:"reason,null"`
	File          string       `col:"file"`
	Sheet         string       `col:"sheet,null"` // empty, like the cell, where the form does not ask for the year
	Cell          string       `col:"cell,null"`
}

// Values of Fulfilled.Status.
const (
	StatusMet         = "met"
	StatusNear        = "near"            // below the commitment, by less than the threshold of the rule
	StatusShort       = "short"           // below the threshold, without a reason
	StatusExplained   = "short_explained" // below the threshold, with a reason
	StatusUnpromised  = "not_promised"    // no commitment: not measured
	StatusUnsealed    = "unsealed"        // commitment on paper without seal: not measured
	StatusUnreported  = "not_reported"    // 未填 or 不适用
	StatusDoubtful    = "doubtful"        // has an open finding that voids it: not measured
	StatusAhead       = "ahead"           // commitment for a year that the form does not ask for yet
	StatusEarlier     = "earlier"         // year that the form does not ask for any more
	StatusKept        = "kept"            // earlier year, same figure as in the earlier form
	StatusRestated    = "restated"        // earlier year, other figure than in the earlier form
	StatusUnannounced = "first_said"      // earlier year, no figure in the earlier form
)

// ResultMeasured is the key of the number of measured figures in Results.
const ResultMeasured = "measured"

// Results counts figures by status, and those that were measured.
func Results(rows []Fulfilled) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		if out[r.Status]++; r.Measured {
			out[ResultMeasured]++
		}
	}
	return out
}

// Values of Fulfilled.Basis: where the commitment was made.
const (
	BasisForm       = "推荐书"
	BasisSupplement = "附表（盖章）"
	BasisUnsealed   = "未盖章"
)

// Ids of rules for progress forms; the threshold is the share of a commitment below which a reason is required.
const (
	ruleShort    = "promise_short"
	ruleFunding  = "funding_short" // the same for funding, which is committed on the official form itself
	ruleAltered  = "promise_altered"
	ruleLowAgain = "low_two_years"
)

// RoleOf is the role of the files of a form.
func RoleOf(d *templates.Definition) string {
	return Either(d.Form.Promises.Promised != "", RoleProgress, RoleSubmission)
}

// WithFulfilment returns the facts with the comparison of commitments, and the lists and findings of progress forms.
func (f *Facts) WithFulfilment(rows []Fulfilled, progress *Round) *Facts {
	out, cells := *f, slices.Collect(f.ListCells.All())
	for c := range progress.ListCells.All() {
		c.Submission = ""
		cells = append(cells, c)
	}
	for x := range progress.Findings.All() {
		x.Submission = ""
		out.ProgressFindings = append(out.ProgressFindings, x)
	}
	out.Fulfilment, out.ListCells = Of(rows), Of(cells)
	return &out
}

// FulfilmentByForm groups the rows of the table fulfilment by progress form.
func (f *Facts) FulfilmentByForm() [][]Fulfilled {
	return GroupBy(slices.Collect(f.Fulfilment.All()), func(r Fulfilled) string { return r.File })
}

// Archive has the figures of earlier batches: commitments and actual figures, by consortium.
type Archive struct {
	promised, actual map[figureKey]earlierFigure
	low              map[figureKey]int32
	forms            map[string]*Form      // of the last batch, by consortium
	lists            map[string][]ListCell // of the last progress form, by consortium
}

// figureKey identifies a figure of a consortium. Across batches, consortium is its name key, because the directory may
// change the numbers; within one batch it is the submission id.
type figureKey struct {
	consortium, indicator string
	year                  int32
}

type earlierFigure struct {
	batch         Opt[int32]
	value         float64
	sheet, cell   string
	supplementary bool // not printed on the official form itself
}

// NewArchive collects the figures of earlier batches, the oldest first; later figures replace earlier ones.
func NewArchive(batches []*Round) *Archive {
	a := &Archive{map[figureKey]earlierFigure{}, map[figureKey]earlierFigure{}, map[figureKey]int32{}, map[string]*Form{},
		map[string][]ListCell{}}
	for _, facts := range batches {
		batch := Nonzero(facts.Definition.Directory.Batch)
		for form := range facts.Forms {
			key := text.NameKey(form.Submission.Consortium)
			a.forms[key] = form
			for m := range form.Metrics {
				if m.Status != Normal {
					continue
				}
				field, into := facts.Definition.Field(m.Indicator), a.actual
				if m.Kind == string(templates.Committed) {
					into = a.promised
				}
				into[figureKey{key, m.Indicator, m.Year}] = earlierFigure{batch, m.Value.V, m.Sheet, m.Cell,
					field != nil && facts.Definition.Supplementary(field, int(m.Year))}
			}
		}
		of := map[string]string{} // consortium, by progress form
		for r := range facts.Fulfilment.All() {
			s := figureKey{text.NameKey(r.Consortium), r.Indicator, r.Year}
			of[r.File] = s.consortium
			if a.low[s] = r.LowYears; r.Reported.Valid {
				a.actual[s] = earlierFigure{batch: batch, value: r.Reported.V, sheet: r.Sheet, cell: r.Cell}
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

// Form is the last submission of a directory entry, under any of its names; nil: none.
func (a *Archive) Form(e templates.Entry) *Form {
	for _, p := range e.Pairs() {
		if form := a.forms[text.NameKey(p.Consortium)]; form != nil {
			return form
		}
	}
	return nil
}

// List returns the rows of a list in the last progress form of a consortium.
func (a *Archive) List(d *templates.Definition, consortium, list string) []Row {
	return (&Form{def: d, ListCells: a.lists[text.NameKey(consortium)]}).Rows(list)
}

// Promised sums the commitments of a consortium for a metric over all years.
func (a *Archive) Promised(consortium, indicator string) (sum decimal.Decimal) {
	for s, x := range a.promised {
		if s.consortium == text.NameKey(consortium) && s.indicator == indicator {
			sum = sum.Add(decimal.NewFromFloat(x.value))
		}
	}
	return sum
}

// EarlierFigure is the value to prefill in a locked companion of a metric: a commitment or an earlier actual figure.
func (a *Archive) EarlierFigure(d *templates.Definition, consortium string, metric *templates.Field, companion string,
	year int) (value float64, ok bool) {
	from := Either(companion == d.Form.Promises.Promised, a.promised, a.actual)
	s, ok := from[figureKey{text.NameKey(consortium), metric.ID, int32(year)}]
	return s.value, ok
}

// CompareCommitments compares progress forms with the archive, submission by submission in the order of the form. A
// difference between the prefilled commitments and the archive is a finding; of a consortium that the archive does not
// have, the form is believed. judged says which figures are doubtful.
func CompareCommitments(progress *Facts, judged *Judgement, archive *Archive) (rows []Fulfilled,
	found []model.Finding) {
	d, open := progress.Definition, map[figureKey]bool{}
	for x := range judged.Findings.All() {
		if d.Rule(x.Code).Voids && x.Open() {
			open[figureKey{x.Submission, x.Fields, x.Year.V}] = true
		}
	}
	for form := range progress.Forms {
		f := &commitmentCheck{d: d, p: d.Form.Promises, form: form, archive: archive, doubtful: open}
		f.key = text.NameKey(form.Submission.Consortium)
		f.known = archive.forms[f.key] != nil
		for _, metric := range d.Form.Metrics() {
			if len(metric.Companions) > 0 {
				rows = append(rows, f.rows(metric)...)
			}
		}
		found = append(found, f.found...)
	}
	return rows, found
}

type commitmentCheck struct {
	d        *templates.Definition
	p        templates.Promises
	form     *Form
	archive  *Archive
	key      string
	known    bool
	doubtful map[figureKey]bool // doubtful figures
	found    []model.Finding
}

// rows are a metric year by year: what the form asks for is compared, the rest is as earlier batches had it.
func (f *commitmentCheck) rows(metric *templates.Field) (rows []Fulfilled) {
	s, asked, years := f.form.Submission, f.d.Refs(metric), map[int32]bool{}
	for _, r := range asked {
		years[int32(r.Year)] = true
	}
	for _, said := range []map[figureKey]earlierFigure{f.archive.promised, f.archive.actual} {
		for at := range said {
			if at.consortium == f.key && at.indicator == metric.ID {
				years[at.year] = true
			}
		}
	}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		at := figureKey{f.key, metric.ID, year}
		out := Fulfilled{Submission: s.Submission, CityCode: s.CityCode, City: s.City, Consortium: s.Consortium,
			File: s.File, Indicator: metric.ID, Year: year, Unit: metric.Unit, Status: StatusEarlier}
		if said, ok := f.archive.promised[at]; ok {
			f.setPromise(&out, &said)
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

func (f *commitmentCheck) setPromise(out *Fulfilled, s *earlierFigure) {
	out.Promised, out.PromisedIn, out.PromisedSheet, out.PromisedCell = Some(s.value), s.batch, s.sheet, s.cell
	switch {
	case !s.supplementary:
		out.Basis = BasisForm
	case f.text(f.p.Basis) == BasisSupplement: // prefilled by the Department when it issued the form
		out.Basis = BasisSupplement
	default:
		out.Basis = BasisUnsealed
	}
}

// compare compares a figure with its commitment, or else with the earlier figure.
func (f *commitmentCheck) compare(metric *templates.Field, r templates.Ref, out *Fulfilled) {
	here := f.form.Metric(r.Field, r.Year)
	if out.Sheet, out.Cell = here.Sheet, here.Cell; here.Status == Normal {
		out.Reported = here.Value
	}
	if promised, asked := f.earlier(metric, f.p.Promised, r.Year, f.archive.promised); asked {
		out.Reason = f.text(metric.ID + "_" + f.p.Reason)
		f.measure(out, promised)
		return
	}
	stated, _ := f.earlier(metric, f.p.Stated, r.Year, f.archive.actual)
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

// unmeasured says whether the figure is missing or doubtful, and sets the status.
func (f *commitmentCheck) unmeasured(out *Fulfilled) bool {
	switch {
	case !out.Reported.Valid:
		out.Status = StatusUnreported
	case f.doubtful[figureKey{out.Submission, out.Indicator, out.Year}]:
		out.Status = StatusDoubtful
	default:
		return false
	}
	return true
}

// earlier is the archived value of a metric's companion in a year; asked is false where the form has no such cell. It
// reports a finding where the form has another value than the archive.
func (f *commitmentCheck) earlier(metric *templates.Field, companion string, year int,
	archived map[figureKey]earlierFigure) (out *earlierFigure, asked bool) {
	field := f.d.CompanionField(metric, companion)
	if field == nil || !slices.Contains(f.d.Refs(field), templates.Ref{Field: field.ID, Year: year}) {
		return nil, false
	}
	shown := f.form.Metric(field.ID, year)
	stated, there := archived[figureKey{f.key, metric.ID, int32(year)}]
	if f.known {
		if filled := shown.Status != Missing; filled != there || filled && shown.Value != Some(stated.value) {
			f.report(ruleAltered, field.ID, year, *shown, Plain(Known(stated.value, there)), nil)
		}
		return Either(there, &stated, nil), true
	}
	if shown.Status != Normal {
		return nil, true
	}
	official := slices.Contains(metric.Topics, templates.Funding) // the only commitments on the official form itself
	return &earlierFigure{value: shown.Value.V, sheet: shown.Sheet, cell: shown.Cell, supplementary: !official}, true
}

func (f *commitmentCheck) report(rule, field string, year int, at Metric, value string, vars map[string]string) {
	value = cmp.Or(value, "空白")
	s := f.form.Submission
	f.found = append(f.found, model.Finding{Code: f.d.CodeOf(rule), Submission: s.Submission, Fields: []string{field},
		Year: year, Places: []model.Place{{File: s.File, Sheet: at.Sheet, Cell: at.Cell}}, Raw: at.Raw, Value: value,
		Vars: vars})
}

// measure compares a figure with its commitment; nil: there is none.
func (f *commitmentCheck) measure(out *Fulfilled, promised *earlierFigure) {
	if promised == nil {
		out.Status = StatusUnpromised
		return
	}
	f.setPromise(out, promised)
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
	rule := Either(slices.Contains(f.d.Field(out.Indicator).Topics, templates.Funding), ruleFunding, ruleShort)
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
	if out.LowYears = 1 + f.archive.low[figureKey{f.key, out.Indicator, out.Year - 1}]; out.LowYears > 1 {
		year := int(out.Year)
		f.report(ruleLowAgain, out.Indicator, year, *f.form.Metric(out.Indicator, year), Plain(out.Reported),
			map[string]string{"other": Plain(out.Promised)})
	}
}

func (f *commitmentCheck) text(field string) string {
	said, _ := f.form.Text(field, 0)
	return said
}
