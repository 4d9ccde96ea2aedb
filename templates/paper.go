package templates

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Paper is word.yaml: the layout of 附件3 as printed, by which the Word form is written and read. Wording is the form's.
type Paper struct {
	Attachment string
	Cover      []string        `check:"must,is field"` // fields
	Notes      []string        `check:"is note"`       // ids of notes, the first is the heading
	Sections   []*PaperSection `check:"must"`
	// Supplement is the title of a last section for the values collected beyond the official form. It is printed where
	// any of them is filled in.
	Supplement string
}

// PaperSection is one numbered part of the form. It begins a page.
type PaperSection struct {
	Title  string `check:"is note"` // id of a note
	Tables []*PaperTable

	supplement string // title of the supplement; empty for the official sections
}

// Supplementary says whether the section is not part of the official form.
func (s *PaperSection) Supplementary() bool { return s.supplement != "" }

// Heading is the section's title.
func (s *PaperSection) Heading(f *Form) string { return cmp.Or(s.supplement, f.Note(s.Title)) }

// PaperTable is a table of the form.
type PaperTable struct {
	Columns []float64 // widths in millimetres
	Rows    [][]*PaperCell

	pos `yaml:"-"`
	// Grid has the cells of each row from left to right, with those that extend into it from above.
	Grid [][]PaperSlot `yaml:"-"`
}

// PaperCell is one cell: an item, or several in Lines.
type PaperCell struct {
	PaperItem  `yaml:",inline"`
	Span, Down int     // columns and rows it covers
	Height     float64 // least height of its row in millimetres

	pos `yaml:"-"`
}

// PaperItem is one thing printed in a cell. Exactly one of the fields up to Lines is set; the others say how it looks.
type PaperItem struct {
	Text    string       `check:"one"`          // wording that belongs to no field
	Note    string       `check:"one,is note"`  // id of a note
	Label   string       `check:"one,is field"` // field
	Group   string       `check:"one,is field"` // field whose group is printed
	Year    string       `check:"one,is year"`  // year id
	Value   string       `check:"one"`          // field.year; several joined by /
	Kind    string       `check:"one,is kind"`  // member kind: its name
	Count   string       `check:"one,is kind"`  // member kind: how many, and how many students
	Names   string       `check:"one,is kind"`  // member kind: the members
	Declare string       `check:"one,is field"` // field: a declaration and whether it was confirmed
	Seal    string       `check:"one,is field"` // field: where its seal goes
	Lines   []*PaperItem `check:"one"`          // of a cell: several below each other

	Level    int    // of Group: 1 is the outer
	Bare     bool   // Label without its unit
	Footnote string `check:"is note"` // id of a note, behind the item
	Align    string // left, center, right
	Gap      int    // blank lines above
	Hand     bool   // filled in by hand: printed with wide gaps

	Refs []Ref `yaml:"-"` // the values printed in this item, in order
}

// PaperSlot is a cell in one row of the grid. Starts is false where the cell extends down from a row above.
type PaperSlot struct {
	Cell   *PaperCell
	Starts bool
}

// Items lists what a cell prints.
func (c *PaperCell) Items() []*PaperItem {
	return either(c.Lines != nil, c.Lines, []*PaperItem{&c.PaperItem})
}

// Items yields the items of the section in order, each with its cell.
func (s *PaperSection) Items() iter.Seq2[*PaperCell, *PaperItem] {
	return func(yield func(*PaperCell, *PaperItem) bool) {
		for _, t := range s.Tables {
			for _, cell := range slices.Concat(t.Rows...) {
				for _, item := range cell.Items() {
					if !yield(cell, item) {
						return
					}
				}
			}
		}
	}
}

// CoverItem is the item that prints a field's value on the cover.
func (p *Paper) CoverItem(field string) PaperItem {
	return PaperItem{Value: field, Refs: []Ref{{Field: field}}}
}

// Filled says whether the item is filled in rather than preprinted.
func (i PaperItem) Filled() bool {
	return i.Value != "" || i.Count != "" || i.Names != "" || i.Declare != ""
}

// PaperLabel is a field's printed label, with the unit where that is printed after it.
func (f *Field) PaperLabel() string {
	switch {
	case f.PrintedLabel != "":
		return f.PrintedLabel
	case strings.HasPrefix(f.Printed, "（"):
		return f.Label + f.Printed
	}
	return f.Label
}

// ShownUnit is the unit that the template shows beside the label: as printed in the official form, or else as stored.
func (f *Field) ShownUnit() string { return cmp.Or(strings.Trim(f.Printed, "（）"), f.Unit) }

// PaperUnit is the unit printed in the field's own cell; empty where it is in the label or not printed.
func (f *Field) PaperUnit() string { return either(strings.HasPrefix(f.Printed, "（"), "", f.Printed) }

// Wording is the preprinted text of an item: a label, a note, a unit, a limit.
func (d *Definition) Wording(i PaperItem) string {
	switch {
	case i.Note != "":
		return d.Form.Note(i.Note)
	case i.Label != "" && i.Bare:
		return d.Field(i.Label).Label
	case i.Label != "":
		return d.Field(i.Label).PaperLabel()
	case i.Group != "":
		levels := strings.Fields(d.Field(i.Group).Group)
		return levels[max(1, i.Level)-1]
	case i.Year != "":
		return d.Form.Year(i.Year).Label
	case i.Kind != "":
		return d.Form.Kind(i.Kind).Label
	case i.Declare != "":
		return d.Field(i.Declare).Label
	case i.Seal != "":
		return d.Field(i.Seal).Seal
	case i.Value != "":
		f := d.Field(i.Refs[0].Field)
		return f.PaperUnit() + f.PrintedLimit
	}
	return i.Text
}

// check resolves the references and checks that every field of the official form is printed.
func (p *Paper) check(l *loader, d *Definition) {
	printed := map[string]bool{} // fields, fields with years, member kinds
	for _, id := range p.Cover {
		printed[id] = true
	}
	if p.Supplement != "" {
		p.Sections = append(p.Sections, supplement(d, p.Supplement))
	}
	for _, s := range p.Sections {
		for cell, item := range s.Items() {
			item.check(l, d, cell.pos, printed)
		}
		for _, t := range s.Tables {
			t.buildGrid(l)
		}
	}
	p.checkComplete(l, d, printed)
}

// supplement makes the section of the figures in years that the official form does not ask for.
func supplement(d *Definition, title string) *PaperSection {
	const label, value = 85, 25 // millimetres
	var years []string
	t := &PaperTable{Columns: []float64{label}}
	header := []*PaperCell{{PaperItem: PaperItem{Text: "项目名称"}}}
	for _, f := range d.Form.Metrics() {
		row := []*PaperCell{{PaperItem: PaperItem{Label: f.ID, Bare: f.PrintedLabel != ""}}}
		for _, id := range f.Years {
			if slices.Contains(f.RequiredYears, id) {
				continue
			}
			if row = append(row, &PaperCell{PaperItem: PaperItem{Value: f.ID + "." + id}}); !slices.Contains(years, id) {
				years = append(years, id)
				header = append(header, &PaperCell{PaperItem: PaperItem{Year: id}})
				t.Columns = append(t.Columns, value)
			}
		}
		if len(row) > 1 {
			t.Rows = append(t.Rows, row)
		}
	}
	t.Rows = append([][]*PaperCell{header}, t.Rows...)
	return &PaperSection{Tables: []*PaperTable{t}, supplement: title}
}

func (p *Paper) checkComplete(l *loader, d *Definition, printed map[string]bool) {
	for _, f := range d.Form.Fields() {
		dated := each(f.RequiredYears, func(year string) string { return f.ID + "." + year })
		values := either(f.Dated(), dated, []string{f.ID})
		for _, what := range values {
			l.problemIf(!f.Extra && f.Record == "" && !printed[what], f.pos, "栏目“"+what+"”没有印在 Word 版推荐书上",
				"请在 word.yaml 给它一格；不是推荐书的栏目写 extra: true。")
		}
	}
	for _, k := range d.Form.Kinds {
		complete := printed["kind "+k.ID] && printed["count "+k.ID] && printed["names "+k.ID]
		l.problemIf(!complete, pos{"word.yaml", "$.sections"}, "成员组成“"+k.Label+"”没有印全", "请给它 kind、count、names 三格。")
	}
}

func (i *PaperItem) check(l *loader, d *Definition, where pos, printed map[string]bool) {
	declaration, grouped := d.fields[i.Declare], d.fields[i.Group]
	l.problemIf(declaration != nil && declaration.Type != ConfirmField, where, "栏目“"+i.Declare+"”不是声明",
		"declare 只用于 type: confirm 的栏目。")
	l.problemIf(grouped != nil && len(strings.Fields(grouped.Group)) < max(1, i.Level), where,
		fmt.Sprintf("栏目“%s”没有第 %d 层组名", i.Group, max(1, i.Level)), "请核对它在 form.yaml 的 group。")
	for word, id := range map[string]string{"kind": i.Kind, "count": i.Count, "names": i.Names} {
		printed[word+" "+id] = true
	}
	for _, id := range []string{i.Label, i.Declare} { // a label without a value is filled in by hand: a signature
		if f := d.fields[id]; f != nil && (id == i.Declare || slices.Contains([]FieldType{ConfirmField, DateField}, f.Type)) {
			printed[id] = true
		}
	}
	if i.Declare != "" {
		i.Refs = []Ref{{Field: i.Declare}}
	}
	if i.Value == "" {
		return
	}
	for reference := range strings.SplitSeq(i.Value, "/") {
		ref, err := d.Ref(reference, nil)
		if l.problemIf(err != nil, where, fmt.Sprint(err), "请写成 栏目编号 或 栏目编号.年度。"); err == nil {
			i.Refs, printed[reference] = append(i.Refs, ref), true
		}
	}
}

// buildGrid computes the cells of each row of the table.
func (t *PaperTable) buildGrid(l *loader) {
	above := make([]*PaperCell, len(t.Columns))
	left := make([]int, len(t.Columns)) // by column: further rows that the cell above extends over
	for ri, row := range t.Rows {
		where := pos{t.file, fmt.Sprintf("%s.rows[%d]", t.path, ri)}
		const cure = "请核对各格的 span，以及上面的格子的 down。"
		var slots []PaperSlot
		next := 0
		for col := 0; col < len(t.Columns); {
			if left[col] > 0 {
				left[col]--
				slots = append(slots, PaperSlot{Cell: above[col]})
				col += max(1, above[col].Span)
				continue
			}
			if next == len(row) || col+max(1, row[next].Span) > len(t.Columns) ||
				slices.Max(left[col:col+max(1, row[next].Span)]) > 0 {
				l.problem(where, "这一行没有排满或排不下表格的各列", cure)
				return
			}
			above[col], left[col] = row[next], max(1, row[next].Down)-1
			slots = append(slots, PaperSlot{Cell: row[next], Starts: true})
			col += max(1, row[next].Span)
			next++
		}
		l.problemIf(next < len(row), where, "这一行的格子多于表格的列", cure)
		t.Grid = append(t.Grid, slots)
		l.problemIf(ri == len(t.Rows)-1 && slices.ContainsFunc(left, func(n int) bool { return n > 0 }), where,
			"最后一行的格子还要往下占", cure)
	}
}

// Documents is documents.yaml: the Word drafts that a run writes, when each is written, and its text.
type Documents struct {
	Folder string `check:"must"`
	// heading and end of the file name of every draft: a division does not issue documents by itself
	Draft     string `check:"must"`
	Number    string `check:"must"` // blank for 文号
	Sign      string `check:"must"` // blanks for signature and date
	Documents []*Document
}

// Document is one draft, or, with Each, a draft for each row of a list that matches Where.
type Document struct {
	ID      string
	Name    string `check:"must,alone"`
	Title   string `check:"must"`
	When    string `check:"is time"` // see DocumentTimes
	Each    string
	Where   map[string]string // as in a block
	Last    bool              // written after all others, which it lists
	Outward bool              // sent to others: with blanks for 文号, signature and date
	Blocks  []*DocumentBlock  `check:"must"`

	pos `yaml:"-"`
}

// DocumentBlock is a heading, a text, a table with a row for each row of the list Of that matches Where, or blocks
// repeated for these rows. The run fills words in braces. Empty is the text where no row matches.
type DocumentBlock struct {
	Heading, Text string
	If            string // written only where this word is not empty
	Of            string
	Where         map[string]string // word: value; * is any value but the empty one
	Columns       []*DocumentColumn
	Rows          [][]string // fixed rows of a table, instead of Of
	Blocks        []*DocumentBlock
	Most          int // maximum number of rows; 0: all
	Empty         string
}

// DocumentColumn is one column of a table.
type DocumentColumn struct {
	Label string `check:"must"`
	Value string
	Width float64 `check:"must"`
}

// DocumentTimes are the values of When: states of the batch or steps of an award; list is made by a prefecture itself.
var DocumentTimes = append([]string{"always", "review", "complete", "list"}, Steps...)

func (x *Documents) check(l *loader, _ *Definition) {
	for _, d := range x.Documents {
		checkBlocks(l, d.pos, d.Blocks)
	}
}

func checkBlocks(l *loader, where pos, blocks []*DocumentBlock) {
	for _, b := range blocks {
		for _, c := range b.Columns {
			l.problemIf((c.Value == "") != (len(b.Rows) > 0), where, "表格的列“"+c.Label+"”的 value 与 rows 不配",
				"有 rows 的不写 value，没有的要写。")
		}
		for _, r := range b.Rows {
			l.problemIf(len(r) != len(b.Columns), where, fmt.Sprintf("表格的一行有%d格，表头有%d列", len(r), len(b.Columns)), "请改成一样多。")
		}
		listed := b.Of != "" || len(b.Rows) > 0
		l.problemIf(listed == (len(b.Columns)+len(b.Blocks) == 0) || b.Of != "" && len(b.Rows) > 0 ||
			!listed && b.Heading+b.Text == "", where,
			"有一块既不是 heading、text，也不是 of 加 columns 或 blocks，或 rows 加 columns", "请改正。")
		checkBlocks(l, where, b.Blocks)
	}
}

// Letters is letters.yaml: the texts of the Word files that go back to a prefecture.
type Letters struct {
	To, From string `check:"must"`
	List     string `check:"must"` // name of the workbook with a prefecture's findings
	Draft    string `check:"must"` // heading of every letter: a division does not issue documents by itself
	Due      string `check:"must"` // text of {due} where the date is known
	Open     string `check:"must"` // text of {due} where it is not: a blank
	Overdue  string `check:"must"` // text of {late} after the deadline
	Letters  []*Letter
}

// Letter is one kind of letter: the paragraphs before and after the table of what to do.
type Letter struct {
	ID     string
	Name   string   `check:"must,alone"` // its file name begins with it
	Title  string   `check:"must"`
	Before []string `check:"must"`
	After  []string

	pos `yaml:"-"`
}

// Kinds of letters that the program writes.
const (
	ReturnLetter  = "return"
	ExplainLetter = "explain"
	AcceptLetter  = "accept"
	RemindLetter  = "remind"
)

// LetterVars are the placeholders that a letter may use.
var LetterVars = []string{"city", "consortium", "form", "edition", "faults", "explained", "hints", "deadline", "due",
	"reply", "late", "office", "email",
	"explanations", "list", "copy", "sha256", "count"}

// Letter finds a letter by its kind.
func (l *Letters) Letter(id string) *Letter {
	return first(l.Letters, func(x *Letter) bool { return x.ID == id })
}

func (l *Letters) check(load *loader, _ *Definition) {
	root := pos{"letters.yaml", "$"}
	for _, id := range []string{ReturnLetter, ExplainLetter, AcceptLetter, RemindLetter} {
		load.problemIf(l.Letter(id) == nil, root, "缺公文 "+id, "请补上，可参照上一年度的 letters.yaml。")
	}
	checkWords := func(where pos, texts ...string) {
		for _, word := range Placeholders(strings.Join(texts, "")) {
			load.problemIf(!slices.Contains(LetterVars, word), where, "大括号里的“"+word+"”不认识", "可用的词见文件开头。")
		}
	}
	checkWords(root, l.To, l.From, l.Due, l.Open, l.Overdue)
	for _, x := range l.Letters {
		checkWords(x.pos, slices.Concat([]string{x.Title}, x.Before, x.After)...)
	}
}
