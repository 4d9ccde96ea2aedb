package table

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strconv"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Form is one submission with its rows of every table. It implements templates.Answers.
type Form struct {
	Submission    Submission
	Figures       []Figure
	Texts         []Text
	Members       []Member
	Materials     []Material
	Verifications []Verification
	Explanations  []Explanation
	Coercions     []Coercion
	ListColumns   []ListColumn
	ListCells     []ListCell
	Loose         []LooseCell

	def       *templates.Definition
	asked     []Metric // what each of the metrics is and where; the forms that ask the same share it
	metrics   []metricValue
	rows      map[string][]Row          // cache of Rows: by list
	rowCounts map[string]map[string]int // cache of RecordsOf: by column, then name key
	values    map[templates.Ref]cellRow
}

// cellRow says where the row of a field in a year is.
type cellRow struct {
	in uint8 // inFigures, inMetrics, inTexts; 0: nowhere
	at int32
}

const (
	inFigures = 1 + iota
	inMetrics
	inTexts
)

// hasRowsOf reports whether the rows of two forms are of the same fields and years, in the same order.
func (f *Form) hasRowsOf(o *Form) bool {
	figures := func(a, b Figure) bool { return a.Field == b.Field }
	metrics := func(a, b Metric) bool { return a.Indicator == b.Indicator && a.Year == b.Year }
	texts := func(a, b Text) bool { return a.Field == b.Field && a.Year == b.Year }
	return slices.EqualFunc(f.Figures, o.Figures, figures) && slices.EqualFunc(f.asked, o.asked, metrics) &&
		slices.EqualFunc(f.Texts, o.Texts, texts)
}

func (f *Form) index() {
	f.values = make(map[templates.Ref]cellRow, len(f.Figures)+len(f.asked)+len(f.Texts))
	for i := range f.Figures {
		f.values[templates.Ref{Field: f.Figures[i].Field}] = cellRow{inFigures, int32(i)}
	}
	for i := range f.asked {
		f.values[templates.Ref{Field: f.asked[i].Indicator, Year: int(f.asked[i].Year)}] = cellRow{inMetrics, int32(i)}
	}
	for i := range f.Texts {
		t := &f.Texts[i]
		f.values[templates.Ref{Field: t.Field, Year: int(t.Year.V)}] = cellRow{inTexts, int32(i)}
	}
}

// Clone is a copy of the form whose values can be changed.
func (f *Form) Clone() *Form {
	out := f.WithMembers(slices.Clone(f.Members))
	out.Figures, out.metrics, out.Texts = slices.Clone(f.Figures), slices.Clone(f.metrics), slices.Clone(f.Texts)
	out.Coercions = slices.Clone(f.Coercions)
	return out
}

// WithMembers is the form with another roster; all else is shared.
func (f *Form) WithMembers(members []Member) *Form {
	out := *f
	out.Members, out.rows, out.rowCounts = members, nil, nil
	return &out
}

// SetNumber replaces the value of a number, as if it had been typed so.
func (f *Form) SetNumber(r templates.Ref, status Status, value decimal.Decimal, raw string) {
	number := Known(value.InexactFloat64(), status == Normal)
	if status == Missing {
		raw = ""
	}
	if row := f.values[r]; row.in == inMetrics {
		f.metrics[row.at] = metricValue{number, status, raw}
	} else if g := f.Figure(r.Field); g != nil && r.Year == 0 {
		g.Status, g.Number, g.Text, g.Raw = status, number, "", raw
	}
	f.Coercions = slices.DeleteFunc(f.Coercions, func(c Coercion) bool {
		return c.Field == r.Field && int(c.Year.V) == r.Year
	})
}

// Figure returns the row of an undated field, or nil.
func (f *Form) Figure(field string) *Figure {
	if row := f.values[templates.Ref{Field: field}]; row.in == inFigures {
		return &f.Figures[row.at]
	}
	return nil
}

// Metric returns the row of a number in a year, or nil. See SetNumber to change it.
func (f *Form) Metric(field string, year int) *Metric {
	if row := f.values[templates.Ref{Field: field, Year: year}]; row.in == inMetrics {
		m := f.metric(int(row.at))
		return &m
	}
	return nil
}

// Metrics yields the rows of the numbers by year.
func (f *Form) Metrics(yield func(Metric) bool) {
	for i := range f.asked {
		if !yield(f.metric(i)) {
			return
		}
	}
}

func (f *Form) metric(i int) Metric {
	m, v := f.asked[i], f.metrics[i]
	m.Submission, m.Value, m.Status, m.Raw = f.Submission.Submission, v.Value, v.Status, v.Raw
	return m
}

// LongText returns the row of a long text, or nil.
func (f *Form) LongText(field string, year int) *Text {
	if row := f.values[templates.Ref{Field: field, Year: year}]; row.in == inTexts {
		return &f.Texts[row.at]
	}
	return nil
}

// Observation is the value of a field in a year, from whatever table.
type Observation struct {
	Status Status
	Value  string // clean value as a person reads it
	Raw    string
	Place  model.Place
}

// NotAsked says that the workbook's version of the form does not have the field.
func (f *Form) NotAsked(r templates.Ref) bool {
	a := f.lookUp(r)
	return a.status == NotApplicable && a.cell == ""
}

// answer is the content of the tables for a field in a year.
type answer struct {
	status      Status
	number      Opt[float64]
	text, raw   string
	sheet, cell string
}

// lookUp finds the answer for a field in a year (0: undated) in whatever table.
func (f *Form) lookUp(r templates.Ref) answer {
	switch row := f.values[r]; row.in {
	case inFigures:
		g := &f.Figures[row.at]
		return answer{g.Status, g.Number, g.Text, g.Raw, g.Sheet, g.Cell}
	case inMetrics:
		m, v := &f.asked[row.at], &f.metrics[row.at]
		return answer{v.Status, v.Value, "", v.Raw, m.Sheet, m.Cell}
	case inTexts:
		t := &f.Texts[row.at]
		return answer{t.Status, Opt[float64]{}, t.Text, t.Text, t.Sheet, t.Cell}
	}
	return answer{status: Missing}
}

// Status is the status of a field in a year (0: undated).
func (f *Form) Status(r templates.Ref) Status { return f.lookUp(r).status }

// Observe is the value of a field in a year (0: undated).
func (f *Form) Observe(r templates.Ref) Observation {
	a := f.lookUp(r)
	at := model.Place{File: f.Submission.File, Sheet: a.sheet, Cell: a.cell}
	return Observation{a.status, cmp.Or(formatFloat(a.number), a.text), a.raw, at}
}

// Rounded rounds to ten decimal places, which removes the noise of binary sums.
func Rounded(v float64) float64 { return math.Round(v*1e10) / 1e10 }

// Plain formats a number without exponent and trailing zeros, so that it is not mistaken for a phone; null is empty.
func Plain(v Opt[float64]) string { return text.AmountText(formatFloat(v)) }

// Median is the median of numbers; null where there are none.
func Median(values []float64) Opt[float64] {
	if len(values) == 0 {
		return Opt[float64]{}
	}
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return Some((values[(n-1)/2] + values[n/2]) / 2)
}

func formatFloat(v Opt[float64]) string {
	if !v.Valid {
		return ""
	}
	return strconv.FormatFloat(v.V+0, 'f', -1, 64) // no minus before 0
}

// Number implements templates.Answers. The table's float becomes the decimal that was typed: the shortest one with that
// float value, exact up to 15 digits.
func (f *Form) Number(field string, year int) (decimal.Decimal, bool) {
	a := f.lookUp(templates.Ref{Field: field, Year: year})
	return toDecimal(a.number.V), a.status == Normal && a.number.Valid
}

// toDecimal is decimal.NewFromFloat with a fast path for integers.
func toDecimal(v float64) decimal.Decimal {
	if whole := int64(v); float64(whole) == v && v < 1e15 && v > -1e15 {
		return decimal.NewFromInt(whole)
	}
	return decimal.NewFromFloat(v)
}

func (f *Form) Text(field string, year int) (string, bool) {
	if t := f.LongText(field, year); t != nil {
		return t.Text, t.Status == Normal
	}
	if g := f.Figure(field); g != nil && year == 0 && g.Status == Normal {
		return g.Text, true
	}
	return "", false
}

func (f *Form) Confirmed(field string) (yes, ok bool) {
	said, ok := f.Text(field, 0)
	return said == "true", ok
}

func (f *Form) Filled(field string, year int) bool {
	return f.Status(templates.Ref{Field: field, Year: year}) != Missing
}

func (f *Form) Count(kinds ...string) (n int) {
	for i := range f.Members {
		if matchesKind(f.Members[i].Kind, kinds) {
			n++
		}
	}
	return n
}

// Enrolment implements templates.Answers. It is unknown where the enrolment of a school of these kinds is missing.
func (f *Form) Enrolment(kinds ...string) (decimal.Decimal, bool) {
	total, some := decimal.Decimal{}, false
	for m := range f.Schools(kinds...) {
		if some = m.Enrolment.Valid; !some {
			return decimal.Decimal{}, false
		}
		total = total.Add(decimal.NewFromFloat(m.Enrolment.V))
	}
	return total, some
}

// Schools yields the members that are schools, of some kinds or of all.
func (f *Form) Schools(kinds ...string) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for _, m := range f.Members {
			if f.def.Form.Kind(m.Kind).School && matchesKind(m.Kind, kinds) && !yield(m) {
				return
			}
		}
	}
}

// IsMember implements templates.Answers. Names are compared by their key, so that width and brackets do not matter.
func (f *Form) IsMember(name string, kinds ...string) bool {
	key := text.NameKey(name)
	return slices.ContainsFunc(f.Members, func(m Member) bool { return m.NameKey == key && matchesKind(m.Kind, kinds) })
}

func (f *Form) Records(block string) int { return len(f.Rows(block)) }

func (f *Form) RecordsOf(block, column, said string) int {
	in := block + "_" + column
	if f.rowCounts == nil {
		f.rowCounts = map[string]map[string]int{}
	}
	if f.rowCounts[in] == nil {
		counts := Submap(f.rowCounts, in)
		for _, row := range f.Rows(block) {
			counts[text.NameKey(row.Cells[in].Text)]++
		}
	}
	return f.rowCounts[in][text.NameKey(said)]
}

func (f *Form) Total(block string, columns ...string) (sum decimal.Decimal) {
	for _, row := range f.Rows(block) {
		for _, c := range columns {
			sum = sum.Add(decimal.NewFromFloat(row.Cells[block+"_"+c].Number.V))
		}
	}
	return sum
}

// matchesKind says whether a kind is among some kinds; no kinds match any.
func matchesKind(kind string, kinds []string) bool {
	return len(kinds) == 0 || slices.Contains(kinds, kind)
}

// Row is one row of a list of the form, from whatever table. It implements templates.Answers: the list's columns are
// looked up in the row, all other fields in the form.
type Row struct {
	*Form
	Record int32
	At     model.Place // place of one of its cells
	Cells  map[string]RowCell
}

// RowCell is one cell of a row; the zero value is blank.
type RowCell struct {
	Text   string
	Number Opt[float64]
	Status Status
}

// ListCell is the place of a column in the row of another cell; the other cell itself where there is no such column.
func (f *Form) ListCell(sheet, cell, column string) model.Place {
	at := model.Place{File: f.Submission.File, Sheet: sheet, Cell: cell}
	for _, c := range f.ListColumns {
		if c.Field == column && c.Sheet == sheet {
			row, _ := model.RowCol(cell)
			_, col := model.RowCol(c.Cell)
			at.Cell = model.CellName(row, col)
		}
	}
	return at
}

// Rows lists the rows of a list, in the order of the workbook. They must not be changed.
func (f *Form) Rows(list string) []Row {
	rows, listed := f.rows[list]
	if !listed {
		rows = f.listRows(list)
		if f.rows == nil {
			f.rows = map[string][]Row{}
		}
		f.rows[list] = rows
	}
	return rows
}

func (f *Form) listRows(list string) []Row {
	var out []Row
	// said are pairs of column name and text
	add := func(record int32, sheet, cell string, said ...string) map[string]RowCell {
		cells := map[string]RowCell{}
		for i := 0; i < len(said); i += 2 {
			if said[i+1] != "" {
				cells[list+"_"+said[i]] = RowCell{Text: said[i+1], Status: Normal}
			}
		}
		out = append(out, Row{f, record, model.Place{File: f.Submission.File, Sheet: sheet, Cell: cell}, cells})
		return cells
	}
	switch list {
	case "members":
		for _, m := range f.Members {
			lead := Either(m.IsLead, f.def.Form.Yes(), "")
			cells := add(m.Record, m.Sheet, m.Cell, "kind", m.KindLabel, "name", m.Name, "lead", lead)
			cells["members_enrolment"] = RowCell{Number: m.Enrolment, Status: m.Status, Text: Plain(m.Enrolment)}
		}
	case "materials":
		for _, m := range f.Materials {
			add(m.Record, m.Sheet, m.Cell, "number", m.Number, "title", m.Title, "supports", m.Supports, "pages", m.Pages)
		}
	case "verifications":
		for _, v := range f.Verifications {
			add(v.Record, v.Sheet, v.Cell, "section", v.Section, "means", v.Means, "unit", v.Unit, "result", v.Result,
				"date", v.Date)
		}
	case "explanations":
		for _, e := range f.Explanations {
			add(e.Record, e.Sheet, e.Cell, "fingerprint", e.Fingerprint, "about", e.About, "explanation", e.Explanation)
		}
	default:
		for _, c := range f.ListCells {
			if c.List != list {
				continue
			}
			if len(out) == 0 || out[len(out)-1].Record != c.Record {
				add(c.Record, c.Sheet, c.Cell)
			}
			said := Either(c.Number.Valid, Plain(c.Number), c.Text)
			out[len(out)-1].Cells[c.Field] = RowCell{said, c.Number, c.Status}
		}
	}
	return out
}

// Cell is a cell of the row; a blank yes-or-no cell that means no has that text.
func (r Row) Cell(field string) RowCell {
	c, _ := r.cell(field)
	return c
}

func (r Row) cell(field string) (RowCell, bool) {
	c, there := r.Cells[field]
	f := r.def.Field(field)
	if !there && f != nil && f.Record != "" && f.BlankIsNo() {
		c = RowCell{Text: r.def.Form.YesNo[1], Status: Normal}
	}
	return c, there || f != nil && f.Record != ""
}

func (r Row) Number(field string, year int) (decimal.Decimal, bool) {
	c, ours := r.cell(field)
	if !ours {
		return r.Form.Number(field, year)
	}
	return decimal.NewFromFloat(c.Number.V), c.Status == Normal && c.Number.Valid
}

func (r Row) Text(field string, year int) (string, bool) {
	c, ours := r.cell(field)
	if !ours {
		return r.Form.Text(field, year)
	}
	return c.Text, c.Status == Normal
}

func (r Row) Filled(field string, year int) bool {
	if _, ours := r.cell(field); !ours {
		return r.Form.Filled(field, year)
	}
	c := r.Cells[field]
	return c.Status != "" && c.Status != Missing
}
