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

type locatedBy int

const (
	notFound locatedBy = iota
	byDefinedName
	byLabel    // its name is lost
	movedAway  // its name refers to another cell; the label is used
	relabelled // the label is gone; the name is used
)

// mismatch is an input cell or list column whose defined name and label disagree, and where it was read.
type mismatch struct {
	layout *templates.SheetLayout
	field  string
	year   int
	label  string // the texts of its row, or the header of its column
	header string // the year over it
	how    locatedBy
	place  model.Place
	now    string // text in the place of its label, if that is gone
}

// maxListed is how many inputs of one sheet are reported one by one. More have one cause and are reported together.
const maxListed = 3

func (b *binder) addMismatch(how locatedBy, c mismatch, at area) {
	c.how, c.place = how, b.sheetPlace(c.layout)
	if how != notFound {
		c.place.Sheet, c.place.Cell = at.sheet.Title, model.CellName(at.row, at.col)
	}
	b.mismatches = append(b.mismatches, c)
}

// newLabel is the text that replaced an input's label, year or unit: not the template's and not another input.
func (b *binder) newLabel(at area, slot templates.Slot, layout *templates.SheetLayout) string {
	foreign := func(row, col int, ours func(key string) bool) string {
		c := at.sheet.At(row, col)
		if c.Kind != model.Text || !c.Filled || ours(text.NameKey(c.Raw)) || b.isInput(at.sheet, row, col, layout) {
			return ""
		}
		return c.Shown
	}
	for i, words := range slot.RowAnchor {
		same := func(key string) bool { return key == b.d.Layout().Key(words) }
		if now := foreign(at.row, slot.RowAnchorCols[i]+at.col-slot.Col, same); now != "" {
			return now
		}
	}
	printed := func(key string) bool {
		return slices.ContainsFunc(layout.Statics, func(s templates.Static) bool { return text.NameKey(s.Text) == key })
	}
	for r := at.row - 1; r > 0; r-- {
		if now := foreign(r, at.col, printed); now != "" {
			return now
		}
	}
	return ""
}

// isInput reports whether an input's defined name refers to the cell.
func (b *binder) isInput(sheet *Sheet, row, col int, layout *templates.SheetLayout) bool {
	return slices.ContainsFunc(layout.Slots, func(s templates.Slot) bool {
		a, ok := b.names[s.Name]
		return ok && a.sheet == sheet && a.row == row && a.col == col
	})
}

// sheetPlace is the place of a layout's sheet in this workbook, or its place in the template.
func (b *binder) sheetPlace(layout *templates.SheetLayout) model.Place {
	place := model.Place{File: b.out.File.Path, Sheet: layout.Sheet.Title}
	if sheet := b.sheets[layout]; sheet != nil {
		place.Sheet = sheet.Title
	}
	return place
}

// report adds a note for everything that differs from the template.
func (b *binder) report() {
	for _, how := range []locatedBy{movedAway, relabelled, notFound} {
		for _, layout := range b.d.Layout().Sheets {
			such := func(c mismatch) bool { return c.how == how && c.layout == layout }
			if changes := table.Where(slices.Values(b.mismatches), such); len(changes) > 0 {
				b.reportMismatches(how, layout, changes)
			}
		}
	}
	b.reportLoose(b.reportCopies())
	b.reportComments()
	for _, s := range b.book.Sheets {
		if s.embedded > 0 {
			b.note(CodeLoose, fmt.Sprintf("（嵌入的文件 %d 个）", s.embedded), model.Place{File: b.out.File.Path, Sheet: s.Title})
		}
	}
	b.reportHidden()
	if b.byLabel > 0 {
		b.note(CodeNamesLost, strconv.Itoa(b.byLabel)+" 处", b.filePlace())
	}
}

// reportMismatches notes where the mismatched inputs of a sheet were read, or that they weren't.
func (b *binder) reportMismatches(how locatedBy, layout *templates.SheetLayout, changes []mismatch) {
	what := map[locatedBy]string{movedAway: "的名称指向别处，已按标签读取", relabelled: "的标签被改动，已按名称读取"}[how]
	code := table.Either(how == notFound, CodeFieldLost, CodeAltered)
	together := len(changes) > maxListed || how == notFound && b.sheets[layout] == nil
	size := table.Either(together, len(changes), 1)
	for same := range slices.Chunk(changes, size) {
		first := same[0]
		detail, more := "“"+first.label+"”", ""
		switch {
		case together:
			detail, more = summarize(same), "等"
		case how == notFound:
			detail = "“" + first.label + first.header + "”"
		}
		if how == notFound && together && len(same) == len(inputNames(layout)) {
			detail = "“" + layout.Sheet.Title + "”整张表的" + detail
		}
		if detail += what; first.now != "" {
			detail += "，原来写标签的地方现在是“" + first.now + "”" + more
		}
		n := b.note(code, detail, table.Unique(same, func(c mismatch) model.Place { return c.place })...)
		// Its fingerprint stays the same wherever the cells move.
		if n.Fields = table.Unique(same, func(c mismatch) string { return c.field }); len(same) == 1 {
			n.Year = first.year
		}
	}
}

// summarize names the first of many inputs, with their number, and their years if not all.
func summarize(changes []mismatch) string {
	unique := func(words []string) []string { return table.Unique(words, func(s string) string { return s }) }
	labels := unique(table.Words(changes, func(c mismatch) string { return c.label }))
	years := unique(table.Words(changes, func(c mismatch) string { return c.header }))
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

// reportCopies notes sheets that look like one of the form's and were not read. It returns their titles.
func (b *binder) reportCopies() map[string]bool {
	read, copies := map[*Sheet]bool{}, map[string]bool{}
	for _, s := range b.sheets {
		read[s] = true
	}
	for _, s := range b.book.Sheets {
		if read[s] || s.used || b.isOwnSheet(s) {
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

// reportLoose notes the cells that were not used; only their number if there are many on one sheet, or on one of ours.
func (b *binder) reportLoose(reported map[string]bool) {
	const many = 100
	for _, same := range table.GroupBy(b.out.Loose, func(c model.Cell) string { return c.Place.Sheet }) {
		switch at := same[0].Place; {
		case reported[at.Sheet]:
		case len(same) > many, len(same) > maxListed && strings.HasPrefix(at.Sheet, templates.HiddenPrefix):
			b.note(CodeLoose, fmt.Sprintf("（%d 格）", len(same)), model.Place{File: at.File, Sheet: at.Sheet})
		default:
			for _, c := range same {
				b.note(CodeLoose, "", c.Place)
			}
		}
	}
}

// reportComments notes the texts in cell comments: one by one, or together if there are many.
func (b *binder) reportComments() {
	const singly, longest = 10, 60
	var words []string
	var places []model.Place
	for _, sheet := range b.book.Sheets {
		for _, c := range sheet.comments {
			words = append(words, text.Clip(c.text, longest))
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

// reportHidden notes the filled inputs that are hidden, by sheet. They are read like all others. Beneath a picture only
// figures are hidden: a seal may lie on the cover, and over a name or a date.
func (b *binder) reportHidden() {
	over := map[string][]span{}
	for layout, sheet := range b.sheets {
		if sheet != nil && !layout.Sheet.Cover {
			over[sheet.Title] = sheet.over
		}
	}
	hidden := table.Where(slices.Values(b.out.Entries), func(e model.Entry) bool {
		row, col := model.RowCol(e.Place.Cell)
		covers := func(s span) bool { return s.contains(row-1, col-1) }
		f := b.d.Field(e.Field)
		return e.Filled && !f.Locked && (e.Hidden || f.Numeric() && slices.ContainsFunc(over[e.Place.Sheet], covers))
	})
	for _, same := range table.GroupBy(hidden, func(e model.Entry) string { return e.Place.Sheet }) {
		places := table.Each(same, func(e model.Entry) model.Place { return e.Place })
		n := b.note(CodeHidden, model.Ranges(places), places...)
		n.Fields = table.Unique(same, func(e model.Entry) string { return e.Field })
		n.Vars["count"] = strconv.Itoa(len(places))
	}
}

// note adds a finding about the file, a sheet or cells, and returns it to be completed.
func (b *binder) note(code, detail string, places ...model.Place) *model.Finding {
	first := places[0]
	b.out.Notes = append(b.out.Notes, model.Finding{Code: code, Places: places,
		Vars: map[string]string{"detail": detail, "file": first.File, "sheet": first.Sheet, "cell": first.Cell}})
	return &b.out.Notes[len(b.out.Notes)-1]
}

func (b *binder) filePlace() model.Place { return model.Place{File: b.out.File.Path} }
