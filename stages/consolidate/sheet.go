package consolidate

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

type row struct {
	value any           // a row of the sheet's rows
	data  reflect.Value // the same
	plan  *plan
	at    int // row of the sheet
}

// text is what a text column of the row says; empty where it has none of that name.
func (r row) text(id string) string {
	if at, ok := r.plan.fields[id]; ok {
		return r.data.FieldByIndex(at).String()
	}
	return ""
}

func (r row) submission() string { return r.text("submission") }

// cell is the address of another cell of the row, its column fixed.
func (r row) cell(id string) string { return "$" + model.CellName(r.at, r.plan.col(id)) }

// view makes a cell of a row.
type view func(r row) book.Cell

// of is a view of rows of one type.
func of[T any](show func(x T) book.Cell) view {
	return func(r row) book.Cell { return show(r.value.(T)) }
}

type words map[string]string

// rows gives what a sheet shows, one line each, and the words of its remark.
type rows struct {
	table.Rows
	words words
}

type planned struct {
	*templates.ReportColumn
	key   string
	head  string
	lead  *book.Cell // over the header; nil: nothing
	cell  view
	style book.Column
}

// plan is a plain sheet about to be written.
type plan struct {
	rows
	sheet   *templates.ReportSheet
	fields  map[string][]int // of the rows, by column
	columns []planned
}

// listFirst is the first row below remark and header.
const listFirst = 3

// first is the same where something may stand over the columns.
func (p *plan) first() int {
	if slices.ContainsFunc(p.columns, func(c planned) bool { return c.lead != nil }) {
		return listFirst + 1
	}
	return listFirst
}

// col is the number of a column; the tests meet every view that names one that is not there.
func (p *plan) col(key string) int {
	i := slices.IndexFunc(p.columns, func(c planned) bool { return c.key == key })
	if i < 0 {
		panic("sheets.yaml: " + p.sheet.ID + " has no column " + key)
	}
	return i + 1
}

// area is a column of the sheet over all rows, as formulas of the same book write it.
func (p *plan) area(key string) string {
	col := p.col(key)
	return book.Absolute(p.sheet.Name, p.first(), col, max(p.Len, 2)+p.first()-1, col)
}

// group is where the columns of an each begin, and how many there are. Before the marks are in, what is said is what is
// there.
func (p *plan) group(each string) (first, n int) {
	for i, c := range p.columns {
		if c.Each == each {
			if n++; n == 1 {
				first = i + 1
			}
		}
	}
	if n == 0 && each == "said" {
		return p.group("there")
	}
	return first, n
}

// reference is what stands in braces in a formula of sheets.yaml.
var reference = regexp.MustCompile(`\{[a-z_.]+[:^]?\}`)

// formulaOf fills in a formula of sheets.yaml: {x} is a cell of the row, or the cells of a group of columns; {x^} the
// first cell of a column, or what stands over a group; {x:} a whole column; {sheet.x} a column of another sheet. Rows
// may have names of their own.
func (w *workbook) formulaOf(r row, formula string) string {
	names := map[string]string{}
	if x, ok := r.value.(pointRow); ok {
		names = x.names(w, r.plan)
	}
	return w.formula("%s", reference.ReplaceAllStringFunc(formula, func(s string) string {
		id := strings.TrimRight(s[1:len(s)-1], ":^")
		if sheet, column, other := strings.Cut(id, "."); other {
			return w.planned(sheet).area(column)
		}
		top := strings.HasSuffix(s, "^}")
		switch first, n := r.plan.group(id); {
		case names[id] != "":
			return names[id]
		case n > 0 && top:
			return book.Fixed(pointsLead, first) + ":" + book.Fixed(pointsLead, first+n-1)
		case n > 0:
			return "$" + model.CellName(r.at, first) + ":$" + model.CellName(r.at, first+n-1)
		case top:
			return book.Fixed(r.plan.first(), r.plan.col(id))
		case strings.HasSuffix(s, ":}"):
			_, own, _ := strings.Cut(r.plan.area(id), "!")
			return own
		}
		return r.cell(id)
	}))
}

// fieldsOf finds the tagged fields of a row's type, those of embedded rows after its own.
func fieldsOf(t reflect.Type) map[string][]int {
	out := map[string][]int{}
	for _, embedded := range []bool{false, true} {
		for i := range t.NumField() {
			f := t.Field(i)
			if name, _, _ := strings.Cut(f.Tag.Get("col"), ","); !embedded && name != "" {
				out[name] = f.Index
			}
			if !embedded || !f.Anonymous {
				continue
			}
			for name, at := range fieldsOf(f.Type) {
				if out[name] == nil {
					out[name] = append([]int{i}, at...)
				}
			}
		}
	}
	return out
}

// Check proves that what sheets.yaml asks of the program is there. The error names file, line and cure.
func Check(d *templates.Definition) error {
	round := table.Round{Facts: &table.Facts{Definition: d}, Judgement: &table.Judgement{}, Ranking: &table.Ranking{}}
	w := newWorkbook(Input{Round: round})
	for _, s := range d.Sheets.Sheets {
		if s.Rows == "" {
			if w.layouts()[s.ID].write == nil {
				return d.SheetProblem(s, nil, "没有 rows，程序也没有这张表的排版", "请写 rows，或改正 id。")
			}
			continue
		}
		source, ok := w.source(s.Rows)
		if !ok {
			return d.SheetProblem(s, nil, "的 rows 是“"+s.Rows+"”，程序没有这样的行",
				"请改成 tables.yaml 里的表名，或程序汇集的行："+listedKeys(w.sources)+"。")
		}
		fields := fieldsOf(source.of)
		for _, written := range s.Columns {
			columns := []*templates.ReportColumn{written}
			if written.Set != "" {
				columns = d.Sheets.Sets[written.Set]
			}
			for _, c := range columns {
				_, stored := fields[c.ID]
				_, viewed := w.views[c.View]
				_, each := w.groups[c.Each]
				if !stored && !viewed && !each {
					return d.SheetProblem(s, written, "没有列“"+c.ID+c.View+c.Each+"”",
						"id 写行里有的列："+listedKeys(fields)+"；view、each 写程序有的名称。")
				}
			}
		}
	}
	return nil
}

func listedKeys[V any](of map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(of)), "、")
}

// source finds the rows of a sheet: those that the program derives, or else a published table.
func (w *workbook) source(name string) (source, bool) {
	if s, ok := w.sources[name]; ok {
		return s, true
	}
	t, ok := table.Find(name, w.Facts, w.Judgement, w.Ranking)
	return source{t.Of, func() rows { return rows{Rows: t} }}, ok
}

// now says whether what waits for a state has its turn.
func (w *workbook) now(when string) bool {
	return when == "" || w.Standing.Complete() == (when == templates.WhenComplete)
}

// planned lays out a plain sheet, once: formulas of other sheets ask where its columns are.
func (w *workbook) planned(id string) *plan {
	if p := w.plans[id]; p != nil {
		return p
	}
	s := w.Definition.Sheets.Sheet(id)
	p := &plan{sheet: s}
	w.plans[id] = p
	source, _ := w.source(s.Rows)
	p.rows, p.fields = source.rows(), fieldsOf(source.of)
	if p.words == nil {
		p.words = words{}
	}
	p.words["count"] = cmp.Or(p.words["count"], strconv.Itoa(p.Len))
	w.remark(s.ID, p.words)
	for _, c := range w.Definition.Sheets.Expanded(s) {
		switch {
		case !w.now(c.When):
		case c.Each != "":
			for _, x := range w.groups[c.Each](p) {
				p.columns = append(p.columns, w.styled(c, x))
			}
		default:
			x := planned{key: cmp.Or(c.ID, c.View), head: w.Definition.Sheets.Label(w.Definition, s, c), cell: w.views[c.View]}
			if c.View == "" {
				x.cell = w.stored(c, p.fields[c.ID])
			}
			if first, n := p.group(c.Spark); c.Spark != "" && n > 0 {
				x.style.Spark = [2]int{first, first + n - 1}
			}
			p.columns = append(p.columns, w.styled(c, x))
		}
	}
	return p
}

func (w *workbook) styled(c *templates.ReportColumn, x planned) planned {
	x.ReportColumn = c
	x.style.Header, x.style.Heat, x.style.Signed = x.head, c.Heat, c.Signed
	x.style.Width, x.style.Scale = cmp.Or(x.style.Width, c.Width), cmp.Or(x.style.Scale, c.Scale)
	if c.Top && w.Standing.Complete() {
		x.style.Rank = w.choose()
	}
	if c.Marks != "" {
		x.style.Marks = w.marks(c.Marks)
	}
	if c.Head != "" {
		x.style.Look = book.Look(c.Head)
	}
	show := x.cell
	x.cell = func(r row) book.Cell {
		cell := show(r)
		if c.Look != "" && (cell.Look == "" || cell.Look == book.Plain) {
			cell.Look = book.Look(c.Look)
		}
		if c.Formula != "" {
			cell.Formula = w.formulaOf(r, c.Formula)
		}
		if c.Drawn && cell.Value != nil && cell.Value != "" {
			cell.Formula = w.atRun(cell.Value)
		}
		return cell
	}
	return x
}

// atRun is the formula of what holds at the run's weights and k only: at others nothing is said.
func (w *workbook) atRun(value any) string {
	said := fmt.Sprint(value)
	if s, ok := value.(string); ok {
		said = book.Quote(s)
	}
	return w.formula(`IF(%s=%s,"－",%s)`, setting(rangesRow), book.Quote(onlyRun), said)
}

// stored shows what stands in a column of the rows.
func (w *workbook) stored(c *templates.ReportColumn, at []int) view {
	codes := w.Definition.Sheets.Codes[c.Codes]
	return func(r row) book.Cell {
		out := shown(r.data.FieldByIndex(at))
		if s, ok := out.Value.(string); ok {
			if word := codes[s]; word != "" {
				s = word
			}
			if out.Value = s; c.Look != string(book.Mono) { // codes and hashes hold nothing to hide
				out.Value = text.Mask(s)
			}
		}
		if c.Look != "" {
			out.Look = book.Look(c.Look)
		}
		return out
	}
}

// shown is a stored value as a cell with the look of its type.
func shown(v reflect.Value) book.Cell {
	if v.CanInterface() {
		if l, ok := v.Interface().(interface{ Label() string }); ok {
			return cell(l.Label(), book.Plain)
		}
	}
	if v.Kind() == reflect.Struct { // table.Opt
		if !v.FieldByName("Valid").Bool() {
			return book.Cell{Look: book.Plain}
		}
		v = v.FieldByName("V")
	}
	if v.Kind() == reflect.Interface {
		if v.IsNil() {
			return book.Cell{Look: book.Plain}
		}
		v = v.Elem()
	}
	if day, ok := v.Interface().(interface{ FormattedString() string }); ok { // of a date
		return cell(day.FormattedString(), book.Centred)
	}
	switch v.Kind() {
	case reflect.Bool:
		return yes(v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return cell(v.Int(), book.Integer)
	case reflect.Float64:
		return number(round(v.Float()))
	}
	return cell(v.String(), book.Plain)
}

func (w *workbook) list(p *plan) error {
	said := p.sheet.Remark
	if p.Len == 0 {
		said = p.sheet.None
	}
	said = w.filledIn(p.sheet, said, p.words)
	said = p.sheet.Name + "：" + p.sheet.Shows + "。\n" + said
	grid := book.Grid{Sheet: p.sheet.Name, Table: p.sheet.ID, Remark: said, Rows: p.Len, Freeze: p.sheet.Freeze}
	for i, c := range p.columns {
		if c.style.Header = strings.ReplaceAll(c.style.Header, "\n", " "); c.Aside && grid.Printed == 0 {
			grid.Printed = i
		}
		grid.Columns = append(grid.Columns, c.style)
	}
	if p.first() > listFirst {
		grid.Lead = p.lead()
	}
	all := w.cells(p)
	if p.sheet.Long {
		var cut [][]book.Cell
		for cells := range all {
			cut = append(cut, grid.Cut(cells)...)
		}
		grid.Rows, all = len(cut), slices.Values(cut)
	}
	return w.report.Grid(grid, all)
}

// filledIn is a remark with its words, after how much of the scores is known where the sheet says so.
func (w *workbook) filledIn(s *templates.ReportSheet, remark string, said words) string {
	return when(s.Known, w.Standing.String()+"。") + templates.Fill(remark, said)
}

// begin heads a page that the program lays out with its title and the remark of its sheet.
func (w *workbook) begin(p *book.Page, cols int, title, sheet string, said words) {
	s := w.Definition.Sheets.Sheet(sheet)
	p.Begin(cols, title, w.filledIn(s, s.Remark, said))
}

func (p *plan) lead() []book.Cell {
	cells, begun := make([]book.Cell, len(p.columns)), false
	for i, c := range p.columns {
		if begun = begun || c.lead != nil; !begun {
			cells[i].Look = book.Caption
		} else if c.lead != nil {
			cells[i] = *c.lead
		}
	}
	cells[0].Value = "满分"
	return cells
}

func (w *workbook) cells(p *plan) iter.Seq[[]book.Cell] {
	return func(yield func([]book.Cell) bool) {
		at := p.first()
		for value := range p.All {
			r, cells := row{value, reflect.ValueOf(value), p, at}, make([]book.Cell, len(p.columns))
			for i, c := range p.columns {
				cells[i] = c.cell(r)
			}
			if at++; !yield(cells) {
				return
			}
		}
	}
}

// marks are the colours that the definition gives under a name.
func (w *workbook) marks(name string) []book.Mark {
	tones := w.Definition.Sheets.Marks[name]
	return table.Each(slices.Sorted(maps.Keys(tones)), func(word string) book.Mark {
		return book.Mark{Word: word, Tone: book.Tone(tones[word])}
	})
}
