package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

type location int

const (
	nowhere location = iota
	byItsName
	byLabel    // its name is lost
	movedAway  // its name points elsewhere; the label is believed
	relabelled // the label is gone; the name is believed
)

// change is an input cell or a column of a list whose name and label disagree, and where it was read.
type change struct {
	layout *templates.SheetLayout
	field  string
	year   int
	label  string // the texts of its row, or the header of its column
	header string // the year over it
	how    location
	place  model.Place
	now    string // what stands in the place of its label, where that is gone
}

// listedSingly is how many inputs of one sheet are reported one by one; more have one cause and are put together.
const listedSingly = 3

func (b *binder) changed(how location, c change, at area) {
	c.how, c.place = how, b.whole(c.layout)
	if how != nowhere {
		c.place.Sheet, c.place.Cell = at.sheet.Title, model.CellName(at.row, at.col)
	}
	b.changes = append(b.changes, c)
}

// calledNow is what stands in the place of the label, the year or the unit of an input, or over it: no figure, nothing
// of the template, no other input.
func (b *binder) calledNow(at area, slot templates.Slot, layout *templates.SheetLayout) string {
	for i, words := range slot.RowAnchor {
		c := at.sheet.At(at.row, slot.RowAnchorCols[i]+at.col-slot.Col)
		if c.Kind == model.Text && text.NameKey(c.Raw) != b.d.Layout().Key(words) && !b.typed(at.sheet, at.row, c.Col, layout) {
			return c.Shown
		}
	}
	for r := at.row - 1; r > 0; r-- {
		c := at.sheet.At(r, at.col)
		key := text.NameKey(c.Raw)
		if c.Kind == model.Text && !b.typed(at.sheet, r, at.col, layout) &&
			!slices.ContainsFunc(layout.Statics, func(s templates.Static) bool { return text.NameKey(s.Text) == key }) {
			return c.Shown
		}
	}
	return ""
}

// typed says whether the name of an input points at a cell.
func (b *binder) typed(sheet *Sheet, row, col int, layout *templates.SheetLayout) bool {
	return slices.ContainsFunc(layout.Slots, func(s templates.Slot) bool {
		a, ok := b.names[s.Name]
		return ok && a.sheet == sheet && a.row == row && a.col == col
	})
}

// whole is the sheet of a layout in this workbook, or where it should be.
func (b *binder) whole(layout *templates.SheetLayout) model.Place {
	place := model.Place{File: b.out.File.Path, Sheet: layout.Sheet.Title}
	if sheet := b.sheets[layout]; sheet != nil {
		place.Sheet = sheet.Title
	}
	return place
}

// report makes notes of everything that was found otherwise than the template has it.
func (b *binder) report() {
	for _, how := range []location{movedAway, relabelled, nowhere} {
		for _, layout := range b.d.Layout().Sheets {
			such := func(c change) bool { return c.how == how && c.layout == layout }
			if changes := table.Where(slices.Values(b.changes), such); len(changes) > 0 {
				b.reportChanges(how, layout, changes)
			}
		}
	}
	b.reportLoose(b.reportCopies())
	b.reportComments()
	b.reportHidden()
	if b.byLabel > 0 {
		b.note(CodeNamesLost, strconv.Itoa(b.byLabel)+" 处", b.file())
	}
}

// reportChanges says of the changed inputs of a sheet where each was read, or that it wasn't.
func (b *binder) reportChanges(how location, layout *templates.SheetLayout, changes []change) {
	what := map[location]string{movedAway: "的名称指向别处，已按标签读取", relabelled: "的标签被改动，已按名称读取"}[how]
	code, size := CodeAltered, 1
	if how == nowhere {
		code = CodeFieldLost
	}
	together := len(changes) > listedSingly || how == nowhere && b.sheets[layout] == nil
	if together {
		size = len(changes)
	}
	for same := range slices.Chunk(changes, size) {
		first := same[0]
		detail, more := "“"+first.label+"”", ""
		switch {
		case together:
			detail, more = several(same), "等"
		case how == nowhere:
			detail = "“" + first.label + first.header + "”"
		}
		if how == nowhere && together && len(same) == len(inputNames(layout)) {
			detail = "“" + layout.Sheet.Title + "”整张表的" + detail
		}
		if detail += what; first.now != "" {
			detail += "，原来写标签的地方现在是“" + first.now + "”" + more
		}
		n := b.note(code, detail, table.Unique(same, func(c change) model.Place { return c.place })...)
		// Its fingerprint stays the same wherever the cells move.
		if n.Fields = table.Unique(same, func(c change) string { return c.field }); len(same) == 1 {
			n.Year = first.year
		}
	}
}

// several names some of many inputs and says how many there are, and of which years where not of all.
func several(changes []change) string {
	unique := func(words []string) []string { return table.Unique(words, func(s string) string { return s }) }
	labels := unique(table.Words(changes, func(c change) string { return c.label }))
	years := unique(table.Words(changes, func(c change) string { return c.header }))
	all := unique(table.Words(changes[0].layout.Slots, func(s templates.Slot) string { return s.Header }))
	out := "“" + strings.Join(labels[:min(len(labels), 3)], "”、“") + "”"
	if len(labels) > 3 {
		out += fmt.Sprintf("等%d项", len(labels))
	}
	if len(years) > 0 && len(years) < len(all) {
		out += "（" + strings.Join(years, "、") + "）"
	}
	return out
}

// reportCopies warns of sheets that look like one of the form's and were not read, and gives them.
func (b *binder) reportCopies() map[string]bool {
	read, copies := map[*Sheet]bool{}, map[string]bool{}
	for _, s := range b.sheets {
		read[s] = true
	}
	for _, s := range b.book.Sheets {
		if read[s] || s.used || b.ownSheet(s) {
			continue
		}
		i := slices.IndexFunc(b.d.Layout().Sheets, func(l *templates.SheetLayout) bool {
			return b.sheets[l] != nil && len(l.Slots)+len(l.Records) > 0 && b.looksLike(s, l)
		})
		if i >= 0 {
			copies[s.Title] = true
			detail := "“" + s.Title + "”与“" + b.sheets[b.d.Layout().Sheets[i]].Title + "”栏目相同，只读取了后者"
			b.note(CodeAltered, detail, model.Place{File: b.out.File.Path, Sheet: s.Title})
		}
	}
	return copies
}

// reportLoose says which cells were not used; of many on one sheet how many; of a sheet reported already nothing.
func (b *binder) reportLoose(reported map[string]bool) {
	const many = 100
	for _, same := range table.GroupBy(b.out.Loose, func(c model.Cell) string { return c.Place.Sheet }) {
		switch at := same[0].Place; {
		case reported[at.Sheet]:
		case len(same) > many:
			b.note(CodeLoose, fmt.Sprintf("（%d 格）", len(same)), model.Place{File: at.File, Sheet: at.Sheet})
		default:
			for _, c := range same {
				b.note(CodeLoose, "", c.Place)
			}
		}
	}
}

// reportComments says what was written in notes: one by one, or of many together where they are.
func (b *binder) reportComments() {
	const singly, longest = 10, 60
	var words []string
	var places []model.Place
	for _, sheet := range b.book.Sheets {
		for _, c := range sheet.comments {
			words = append(words, text.Clip(c.words, longest))
			places = append(places, model.Place{File: b.out.File.Path, Sheet: sheet.Title, Cell: c.cell})
		}
	}
	if len(words) > singly {
		b.note(CodeNoteWords, fmt.Sprintf("共%d处写有文字", len(words)), places...).Raw = words[0]
		return
	}
	for i, said := range words {
		b.note(CodeNoteWords, "写有“"+said+"”", places[i]).Raw = said
	}
}

// reportHidden says of each sheet which filled inputs are hidden: they are read like all others.
func (b *binder) reportHidden() {
	hidden := table.Where(slices.Values(b.out.Entries), func(e model.Entry) bool {
		return e.Filled && e.Hidden && !b.d.Field(e.Field).Locked
	})
	for _, same := range table.GroupBy(hidden, func(e model.Entry) string { return e.Place.Sheet }) {
		places := table.Each(same, func(e model.Entry) model.Place { return e.Place })
		n := b.note(CodeHidden, model.Ranges(places), places...)
		n.Fields = table.Unique(same, func(e model.Entry) string { return e.Field })
		n.Vars["count"] = strconv.Itoa(len(places))
	}
}

// note adds a finding about the file, a sheet or cells, and gives it to be completed.
func (b *binder) note(code, detail string, places ...model.Place) *model.Finding {
	first := places[0]
	b.out.Notes = append(b.out.Notes, model.Finding{Code: code, Places: places,
		Vars: map[string]string{"detail": detail, "file": first.File, "sheet": first.Sheet, "cell": first.Cell}})
	return &b.out.Notes[len(b.out.Notes)-1]
}

func (b *binder) file() model.Place { return model.Place{File: b.out.File.Path} }
