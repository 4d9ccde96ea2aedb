package marking

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/width"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Codes of faults of a workbook that came back. Their texts are in the catalogue of rules.
const (
	CodeForeign    = "LHT-1-060" // not a marking workbook
	CodeWrongBatch = "LHT-1-061"
	CodeAltered    = "LHT-1-062" // locked content was changed
	CodeNoUnit     = "LHT-1-063" // the employer is missing
	CodeSideBySide = "LHT-1-064" // two of one expert, with different marks
	CodeSame       = "LHT-1-065" // two of one expert, with the same marks
)

// Returned is one file that came back: its cells, or in File the reason why it could not be read.
type Returned struct {
	File  model.File
	Cells []model.Cell
}

// Read interprets the files that came back: a row for every file with its fate, and a row for every mark asked for.
func Read(facts *table.Facts, returned []Returned) table.Marking {
	var files []table.File
	var marks []table.Mark
	var earlier []string
	for _, b := range resolve(facts, returned) {
		file := table.FileOf(facts.Definition, table.RoleMarks, b.file, b.other, b.read, b.used)
		if b.file.Fate != model.Superseded {
			file.SupersededBy = ""
		}
		files = append(files, file)
		if b.file.Fate == model.Accepted {
			marks = append(marks, b.marks...)
			if b.index.rubric != "" && b.index.rubric != rubricHash(facts.Definition) {
				earlier = append(earlier, b.index.expert)
			}
		}
	}
	return table.Marking{Files: table.Of(files), Marks: table.Of(marks), Earlier: earlier}
}

type workbook struct {
	file       model.File
	index      *index
	people     text.People // persons named in submissions
	cells      map[cellRef]model.Cell
	expertUnit string
	marks      []table.Mark
	read, used int
	other      string // the file that replaces it, or contradicts it
}

// resolve reads every file. Of several workbooks of an expert the first counts if all have the same marks, else none.
func resolve(facts *table.Facts, returned []Returned) []*workbook {
	known := formsByID(facts)
	paths := text.Paths{}
	var out, accepted []*workbook
	for _, r := range returned {
		b := &workbook{file: r.File, people: facts.People}
		out = append(out, b)
		if b.file.Fate == model.Accepted {
			b.readIndexSheet(facts.Definition, r.Cells)
		}
		b.file.Path = paths.Unique(b.hide(b.file.Path))
		if b.file.Fate == model.Accepted {
			b.readMarks(facts.Definition, known)
			accepted = append(accepted, b)
		}
	}
	key := func(b *workbook) string { return fmt.Sprint(b.index.expert, "\x00", b.index.part) }
	for _, all := range table.GroupBy(accepted, key) {
		for _, b := range all[1:] {
			if !sameMarks(all[0], b) {
				for i, x := range all {
					x.reject(CodeSideBySide, x.index.expert)
					x.other = all[(i+1)%len(all)].file.Path
				}
				break
			}
			b.file.Fate, b.file.Code, b.other = model.Superseded, CodeSame, all[0].file.Path
		}
	}
	left := slices.DeleteFunc(slices.Clone(accepted), func(b *workbook) bool { return b.file.Fate != model.Accepted })
	for _, all := range table.GroupBy(left, func(b *workbook) string { return b.index.expert }) {
		mergeSupplements(all)
	}
	return out
}

// mergeSupplements keeps one row for a mark that several workbooks ask for: the latest that is filled in.
func mergeSupplements(all []*workbook) {
	slices.SortStableFunc(all, func(a, b *workbook) int { return cmp.Compare(b.index.part, a.index.part) })
	type key struct{ submission, point, kind string }
	filled, kept := map[key]bool{}, map[key]bool{}
	filledIn := func(m table.Mark) bool { return m.Value.Valid && (m.Kind != table.MarkVeto || m.Value.V > 0) }
	for _, b := range all {
		for _, m := range b.marks {
			k := key{m.Submission, m.Point, m.Kind}
			filled[k] = filled[k] || filledIn(m)
		}
	}
	for _, b := range all {
		b.marks = slices.DeleteFunc(b.marks, func(m table.Mark) bool {
			k := key{m.Submission, m.Point, m.Kind}
			if kept[k] || filled[k] && !filledIn(m) {
				return true
			}
			kept[k] = true
			return false
		})
	}
}

func (b *workbook) reject(code, detail string) {
	b.file.Fate, b.file.Code, b.file.Detail = model.Rejected, code, b.hide(detail)
}

func sameMarks(a, b *workbook) bool {
	return a.expertUnit == b.expertUnit && slices.EqualFunc(a.marks, b.marks, func(x, y table.Mark) bool {
		x.File = y.File
		return x == y
	})
}

// hide removes the expert's name and other personal data from what was typed, and from file names.
func (b *workbook) hide(s string) string {
	if b.index != nil && b.index.name != "" {
		s = text.NewPeople([]string{b.index.name}).Hide(s)
	}
	return text.Mask(b.people.Hide(s))
}

// readIndexSheet reads the index and verifies the locked content.
func (b *workbook) readIndexSheet(d *templates.Definition, cells []model.Cell) {
	b.cells = map[cellRef]model.Cell{}
	var rows [][]string
	for _, c := range cells {
		if c.Place.Sheet == indexSheet {
			rows = putCell(rows, c)
		} else {
			b.cells[cellRef{c.Place.Sheet, c.Row, c.Col}] = c
		}
	}
	if rows == nil {
		b.reject(CodeForeign, "没有评分表的标识")
		return
	}
	x, err := readIndex(rows)
	switch r := d.Rubric().Experts; {
	case err != nil:
		b.reject(CodeAltered, err.Error())
	case x.form != formID(d):
		b.reject(CodeForeign, "标识是"+x.form)
	case x.batch != d.Directory.Batch:
		b.reject(CodeWrongBatch, fmt.Sprintf("是%d年批次的", x.batch))
	case x.version != version, x.scale != r.Scale.String(), x.maxDeduction != r.Deduction.String():
		b.reject(CodeAltered, "评分的分制与现在的定义不同")
	case x.digestDiffers:
		b.reject(CodeAltered, "隐藏的索引被改动")
	default:
		b.index = x
		b.verifyLocked()
	}
}

func putCell(rows [][]string, c model.Cell) [][]string {
	const widest = 16
	for len(rows) < c.Row {
		rows = append(rows, nil)
	}
	for len(rows[c.Row-1]) < min(c.Col, widest) {
		rows[c.Row-1] = append(rows[c.Row-1], "")
	}
	if c.Col <= widest {
		rows[c.Row-1][c.Col-1] = c.Raw
	}
	return rows
}

// verifyLocked compares the locked content of each sheet with its digest, and counts the cells of the expert.
func (b *workbook) verifyLocked() {
	free := table.IndexBy(slices.Values(b.index.slots), func(s slot) cellRef { return s.cellRef })
	regions := table.IndexBy(slices.Values(b.index.regions), func(r region) string { return r.sheet })
	locked := map[string][]lockedCell{}
	for at, c := range b.cells {
		r := regions[at.sheet]
		switch s, isSlot := free[at]; {
		case isSlot && s.use == formulaUse:
		case isSlot, at.row > r.lastRow, at.col > r.lastCol:
			b.read++
		default:
			locked[at.sheet] = append(locked[at.sheet], lockedCell{c.Row, c.Col, normalizeText(c.Raw)})
		}
	}
	for _, r := range b.index.regions {
		if digest(locked[r.sheet]) != r.digest {
			b.reject(CodeAltered, "工作表“"+r.sheet+"”的锁定内容")
			return
		}
	}
	b.verifyIndex()
}

// verifyIndex verifies that the index agrees with the locked texts beside the cells.
func (b *workbook) verifyIndex() {
	beside := func(sheet string, row, col int) string {
		return strings.TrimSpace(b.cells[cellRef{sheet, row, col}].Raw)
	}
	who := strings.Fields(strings.TrimPrefix(beside(coverSheet, 2, 1), expertLabel))
	if len(who) == 0 || who[0] != b.index.expert {
		b.reject(CodeAltered, "索引里的专家编号与封面的不同")
		return
	}
	for _, s := range b.index.slots {
		id, _, _ := strings.Cut(beside(s.sheet, 2, 1), "；")
		at := "工作表“" + s.sheet + "”" + model.CellName(s.row, s.col)
		marks := s.use == markUse || s.use == deductUse
		named := s.point != "" && (marks || s.use == commentUse)
		switch {
		case s.submission != "" && id != s.submission, named && beside(s.sheet, s.row, colPoint) != s.point:
			b.reject(CodeAltered, at+"评的是什么，索引与表上写的不同")
			return
		case marks && s.col != colMark:
			b.reject(CodeAltered, "索引把"+at+"当作评分")
			return
		}
	}
}

func formsByID(facts *table.Facts) map[string]*table.Form {
	return table.IndexBy(facts.Forms, func(form *table.Form) string { return form.Submission.Submission })
}

// shortestUnit is the fewest characters of a unit's full name; 保密 and 退休 are none.
const shortestUnit = 4

// isMemberUnit reports whether one of the units that an expert wrote is a member, under whatever name, or names one:
// 某学院信息工程系, 原某学院.
func isMemberUnit(d *templates.Definition, written string, form *table.Form) bool {
	units := strings.FieldsFunc(written, func(c rune) bool { return strings.ContainsRune("、，,；;/\n", c) })
	return form != nil && slices.ContainsFunc(units, func(unit string) bool {
		key := text.NameKey(unit)
		spelling := d.Reading.Spell(key).Name
		return slices.ContainsFunc(form.Members, func(m table.Member) bool {
			return len([]rune(m.NameKey)) >= shortestUnit && strings.Contains(key, m.NameKey) || key == m.NameKey ||
				m.NameKey != "" && spelling == d.Reading.Spell(m.NameKey).Name
		})
	})
}

func (b *workbook) takeCell(s slot) model.Cell {
	c := b.cells[s.cellRef]
	if c.Filled {
		b.used++
	}
	return c
}

func (b *workbook) readMarks(d *templates.Definition, known map[string]*table.Form) {
	comments := map[[2]string]string{}
	recused, unclear, member := map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, s := range b.index.slots {
		switch s.use {
		case unitUse:
			b.expertUnit = strings.TrimSpace(b.takeCell(s).Raw)
		case commentUse:
			comments[[2]string{s.submission, s.point}] = b.hide(strings.TrimSpace(b.takeCell(s).Raw))
		case recuseUse:
			c := b.takeCell(s)
			said := strings.TrimSpace(c.Raw)
			if recused[s.submission] = said == d.Form.Yes(); c.Filled && !slices.Contains(d.Form.YesNo, said) {
				unclear[s.submission] = fmt.Sprintf("“%s”一格填的是“%s”：%[1]s的请专家改成“%[3]s”，不%[1]s的清空",
					recusalWord, b.hide(c.Shown), d.Form.Yes())
			}
		}
	}
	if key := text.NameKey(b.expertUnit); len([]rune(key)) < shortestUnit || d.Reading.IsPlaceholder(key) {
		b.reject(CodeNoUnit, b.index.expert+table.Either(key == "", "", "（填的是“"+b.expertUnit+"”）"))
		return
	}
	for id, form := range known {
		member[id] = isMemberUnit(d, b.expertUnit, form)
	}
	kinds := map[string]string{markUse: table.MarkPoint, deductUse: table.MarkDeduction, vetoUse: table.MarkVeto}
	points := table.IndexBy(slices.Values(ExpertPoints(d.Rubric())), pointID)
	for _, s := range b.index.slots {
		kind, isMark := kinds[s.use]
		if !isMark {
			continue
		}
		m := table.Mark{Expert: b.index.expert, Submission: s.submission, Point: s.point, Kind: kind,
			Status: table.MarkCounted, Comment: comments[[2]string{s.submission, s.point}], File: b.file.Path,
			Supplement: int32(b.index.part), Sheet: s.sheet, Cell: model.CellName(s.row, s.col)}
		b.readValue(d, &m, b.takeCell(s))
		form := known[s.submission]
		switch {
		case form == nil:
			m.Status, m.Note = table.MarkUnknown, "本次没有这个申报"
		case kind != table.MarkVeto && points[s.point] == nil:
			m.Status, m.Note = table.MarkUnknown, "现在的评分标准里，这个观测点不由专家评"
		case recused[s.submission]:
			m.Status, m.Note = table.MarkConflict, "专家申报回避"
		case member[s.submission]:
			m.Status, m.Note = table.MarkConflict, "专家所在单位是该联合体的成员"
		case unclear[s.submission] != "":
			m.Status, m.Value, m.Note = table.MarkInvalid, table.Opt[float64]{}, unclear[s.submission]
		case m.Status == table.MarkCounted && form.Submission.SHA256 != b.index.sources[s.submission]:
			m.Note = strings.TrimPrefix(m.Note+"；评分之后申报材料换了版本，请专家确认", "；")
		}
		for col := colComment + 1; col <= colComment+5; col++ {
			if c := b.cells[cellRef{s.sheet, s.row, col}]; c.Filled {
				m.Note = strings.TrimPrefix(m.Note+"；旁边"+c.Place.Cell+"写有“"+text.Clip(b.hide(c.Shown), 40)+"”，没有读", "；")
			}
		}
		b.marks = append(b.marks, m)
	}
	b.doubtScale(d.Rubric().Experts.Scale.InexactFloat64())
}

// doubtScale takes no mark of a workbook whose marks all lie in the lowest tenth: likely out of 10, not of 100.
func (b *workbook) doubtScale(full float64) {
	var given []*table.Mark
	scale, highest := full/10, 0.0
	for i := range b.marks {
		if m := &b.marks[i]; m.Kind == table.MarkPoint && m.Status == table.MarkCounted {
			given, highest = append(given, m), max(highest, m.Value.V)
		}
	}
	if len(given) < 3 || highest == 0 || highest > scale { // fewer tell no scale
		return
	}
	for _, m := range given {
		m.Note = fmt.Sprintf("填的是%v，这位专家的评分都不超过%v，满分是%v分，请核对是不是按%v分制填的", m.Value.V, scale, full, scale)
		m.Status, m.Value = table.MarkInvalid, table.Opt[float64]{}
	}
}

func (b *workbook) readValue(d *templates.Definition, m *table.Mark, c model.Cell) {
	if m.Kind == table.MarkVeto {
		m.Value = table.Some(0.0)
		reasons, reason := d.Rubric().Experts.Rejections, strings.TrimSpace(c.Raw)
		if slices.Contains(reasons, reason) {
			m.Value.V, m.Comment = 1, strings.TrimSuffix(reason+"："+m.Comment, "：")
			m.Note = missingReason(m.Comment == reason)
		} else if c.Filled {
			m.Status, m.Value = table.MarkInvalid, table.Opt[float64]{}
			m.Note = fmt.Sprintf("填的是“%s”，不是“%s”之一", b.hide(c.Raw), strings.Join(reasons, "、"))
		}
		return
	}
	if !c.Filled {
		m.Status = table.MarkUnfilled
		return
	}
	most := table.Either(m.Kind == table.MarkDeduction, d.Rubric().Experts.Deduction, d.Rubric().Experts.Scale)
	v, note, ok := displayedNumber(c, most.InexactFloat64())
	switch {
	case !ok:
		m.Status, m.Note = table.MarkInvalid, fmt.Sprintf("填的是“%s”，不是数", b.hide(c.Shown))
		if c.CrossedOut() {
			m.Note = fmt.Sprintf("填的“%s”划掉了", b.hide(c.Shown))
		} else if c.Kind == model.Number && !c.IsDate {
			m.Note = fmt.Sprintf("显示的是“%s”，单元格里存的是%s，不知以哪个为准", c.Shown, c.Raw)
		}
	case m.Kind == table.MarkPoint && v > 0 && v < 1:
		m.Status, m.Note = table.MarkInvalid, fmt.Sprintf("填的是%s，满分是%s分，请核对是不是按1分制填的", c.Shown, most)
	case !(v >= 0 && v <= most.InexactFloat64()):
		m.Status, m.Note = table.MarkInvalid, fmt.Sprintf("填的是%s，不在0到%s之间", c.Shown, most)
	default:
		unproven := m.Kind == table.MarkDeduction && v > 0 && m.Comment == ""
		m.Value, m.Note = table.Some(v), cmp.Or(note, missingReason(unproven))
	}
}

// markPattern matches a mark, with or without its unit.
var markPattern = regexp.MustCompile(`^([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?)\s*(%|分)?$`)

// displayedNumber returns the number that the expert saw in a cell: 85 for one that shows 85%, if full marks are 100. A
// cell may show it rounded; one that shows another number, nothing, or a number crossed out has none.
func displayedNumber(c model.Cell, most float64) (v float64, note string, ok bool) {
	seen := markPattern.FindStringSubmatch(strings.TrimSpace(width.Narrow.String(c.Shown)))
	if seen == nil || c.IsDate || c.Kind != model.Number && c.Kind != model.Text || c.CrossedOut() {
		return 0, "", false
	}
	points, err := strconv.ParseFloat(seen[1], 64)
	if seen[2] == "%" {
		return points, fmt.Sprintf("格子里显示的是%s，读作%s分", c.Shown, seen[1]), err == nil && most == 100
	}
	if stored, unread := strconv.ParseFloat(c.Raw, 64); unread == nil && c.Kind == model.Number {
		return stored, "", math.Abs(stored-points) <= 0.5
	}
	return points, "", err == nil
}

// missingReason is the note on a proposal without evidence.
func missingReason(wanting bool) string {
	return table.Either(wanting, "提议没有写明依据，请专家补写", "")
}
