package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"
)

// input is an input cell or a column of a list, as the form has it.
type input struct {
	layout *templates.SheetLayout
	field  string
	year   int
	label  string // the texts of its row, or the header of its column
	header string // the year over it
}

type location int

const (
	nowhere location = iota
	byItsName
	byLabel    // its name is lost
	movedAway  // its name points elsewhere; the label is believed
	relabelled // the label is gone; the name is believed
)

// change is an input whose name and label disagree, and where it was read.
type change struct {
	input
	how   location
	place model.Place
	now   string // what stands in the place of its label, where that is gone
}

// listedSingly is how many inputs of one sheet are reported one by one; more have one cause and are put together.
const listedSingly = 3

func (b *binder) changed(how location, in input, sheet *Sheet, row, col int) {
	place := model.Place{File: b.out.File.Path, Sheet: sheet.Title, Cell: model.CellName(row, col)}
	c := change{input: in, how: how, place: place}
	if how == relabelled {
		c.now = b.calledNow(sheet, row, col, in)
	}
	b.changes = append(b.changes, c)
}

// calledNow is what stands in the place of an input's label: no figure, nothing of the template, no other input.
func (b *binder) calledNow(sheet *Sheet, row, col int, in input) string {
	strange := func(row, col int) bool {
		cell := sheet.At(row, col)
		key := text.NameKey(cell.Raw)
		return cell.Kind == model.Text && !b.typed(sheet, row, col, in.layout) &&
			!slices.ContainsFunc(in.layout.Statics, func(s templates.Static) bool { return text.NameKey(s.Text) == key })
	}
	for c := 1; c < col; c++ {
		if strange(row, c) && !strings.ContainsAny(sheet.At(row, c).Raw, "0123456789") {
			return sheet.At(row, c).Shown
		}
	}
	for r := row - 1; r > 0; r-- {
		if strange(r, col) {
			return sheet.At(r, col).Shown
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
	for _, how := range []location{movedAway, relabelled} {
		for _, layout := range b.d.Layout().Sheets {
			other := func(c change) bool { return c.how != how || c.layout != layout }
			b.reportChanges(how, slices.DeleteFunc(slices.Clone(b.changes), other))
		}
	}
	for _, layout := range b.d.Layout().Sheets {
		other := func(in input) bool { return in.layout != layout }
		b.reportLost(layout, slices.DeleteFunc(slices.Clone(b.lost), other))
	}
	b.reportLoose(b.reportCopies())
	b.reportComments()
	b.reportHidden()
	if b.byLabel > 0 {
		b.note(CodeNamesLost, model.Place{File: b.out.File.Path}, strconv.Itoa(b.byLabel)+" 处")
	}
}

// reportChanges says of the changed inputs of a sheet where each was read.
func (b *binder) reportChanges(how location, changes []change) {
	what := map[location]string{movedAway: "的名称指向别处，已按标签读取", relabelled: "的标签被改动，已按名称读取"}[how]
	now := func(c change, more string) string {
		if c.now == "" {
			return what
		}
		return what + "，原来写标签的地方现在是“" + c.now + "”" + more
	}
	var inputs []input
	var places []model.Place
	for _, c := range changes {
		if len(changes) <= listedSingly {
			b.note(CodeAltered, c.place, "“"+c.label+"”"+now(c, ""))
			b.about(c.input)
		}
		inputs, places = append(inputs, c.input), append(places, c.place)
	}
	if len(changes) > listedSingly {
		b.note(CodeAltered, places[0], several(inputs)+now(changes[0], "等"))
		b.about(inputs...)
		b.out.Notes[len(b.out.Notes)-1].Places = places
	}
}

func (b *binder) reportLost(layout *templates.SheetLayout, lost []input) {
	all := len(layout.Slots)
	for _, record := range layout.Records {
		all += len(record.Columns)
	}
	if len(lost) > listedSingly || b.sheets[layout] == nil && len(lost) > 0 {
		detail := several(lost)
		if len(lost) == all {
			detail = "“" + layout.Sheet.Title + "”整张表的" + detail
		}
		b.note(CodeFieldLost, b.whole(layout), detail)
		b.about(lost...)
		return
	}
	for _, in := range lost {
		b.note(CodeFieldLost, b.whole(layout), "“"+in.label+in.header+"”")
		b.about(in)
	}
}

// several names some of many inputs and says how many there are, and of which years where not of all.
func several(inputs []input) string {
	var labels, years, all []string
	add := func(to *[]string, word string) {
		if word != "" && !slices.Contains(*to, word) {
			*to = append(*to, word)
		}
	}
	for _, in := range inputs {
		add(&labels, in.label)
		add(&years, in.header)
	}
	for _, slot := range inputs[0].layout.Slots {
		add(&all, slot.Header)
	}
	out := "“" + strings.Join(labels[:min(len(labels), 3)], "”、“") + "”"
	if len(labels) > 3 {
		out += fmt.Sprintf("等%d项", len(labels))
	}
	if len(years) > 0 && len(years) < len(all) {
		out += "（" + strings.Join(years, "、") + "）"
	}
	return out
}

// about says of which fields the last note is: its fingerprint stays the same wherever the cells move.
func (b *binder) about(inputs ...input) {
	n := &b.out.Notes[len(b.out.Notes)-1]
	for _, in := range inputs {
		if !slices.Contains(n.Fields, in.field) {
			n.Fields = append(n.Fields, in.field)
		}
	}
	if len(inputs) == 1 {
		n.Year = inputs[0].year
	}
}

// reportCopies warns of sheets that look like one of the form's and were not read, and gives them.
func (b *binder) reportCopies() map[string]bool {
	read, copies := map[string]bool{}, map[string]bool{}
	for _, s := range b.sheets {
		if s != nil {
			read[s.Title] = true
		}
	}
	for at := range b.bound {
		read[at.sheet] = true
	}
	for _, s := range b.book.Sheets {
		if read[s.Title] || b.ownSheet(s) {
			continue
		}
		i := slices.IndexFunc(b.d.Layout().Sheets, func(l *templates.SheetLayout) bool {
			return b.sheets[l] != nil && len(l.Slots)+len(l.Records) > 0 && b.looksLike(s, l)
		})
		if i >= 0 {
			copies[s.Title] = true
			b.note(CodeAltered, model.Place{File: b.out.File.Path, Sheet: s.Title},
				"“"+s.Title+"”与“"+b.sheets[b.d.Layout().Sheets[i]].Title+"”栏目相同，只读取了后者")
		}
	}
	return copies
}

// reportLoose says which cells were not used; of many on one sheet how many; of a sheet reported already nothing.
func (b *binder) reportLoose(reported map[string]bool) {
	const many = 100
	of := map[string]int{}
	for _, c := range b.out.Loose {
		if !reported[c.Place.Sheet] {
			of[c.Place.Sheet]++
		}
	}
	for _, c := range b.out.Loose {
		switch n := of[c.Place.Sheet]; {
		case n > many:
			b.note(CodeLoose, model.Place{File: c.Place.File, Sheet: c.Place.Sheet}, fmt.Sprintf("（%d 格）", n))
			of[c.Place.Sheet] = 0
		case n > 0:
			b.note(CodeLoose, c.Place, "")
		}
	}
}

func (b *binder) note(code string, place model.Place, detail string) {
	b.out.Notes = append(b.out.Notes, model.Finding{Code: code, Places: []model.Place{place},
		Vars: map[string]string{"detail": detail, "file": place.File, "sheet": place.Sheet, "cell": place.Cell}})
}
