package intake

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"lianheti/stages/model"
	"lianheti/templates"
)

// Requirements
//  1. Whatever was done to a workbook's shape, it is said once and in words that name the cause, the cells and the fields; what else stands in the
//     workbook is read as if nothing had been done.

// shape is the filled workbook as a book, to be changed: without the zip and the XML around it that costs next to nothing.
type shape struct{ *Book }

var opened = sync.OnceValue(func() *Book {
	book, refusal := open(slim(), "")
	if refusal != nil {
		panic(refusal.Detail)
	}
	return book
})

func newShape() shape {
	out := &Book{Names: slices.Clone(opened().Names)}
	for _, s := range opened().Sheets {
		out.Sheets = append(out.Sheets, &Sheet{Title: s.Title, Cells: slices.Clone(s.Cells), merges: slices.Clone(s.merges), part: s.part})
	}
	return shape{out}
}

// put writes a text into a cell; an empty one empties it.
func (b shape) put(title string, row, col int, words string) {
	s := b.Sheet(title)
	at, there := slices.BinarySearchFunc(s.Cells, [2]int{row, col}, func(c Cell, p [2]int) int { return c.compare(p[0], p[1]) })
	if there {
		s.Cells = slices.Delete(s.Cells, at, at+1)
	}
	if words == "" {
		return
	}
	c := Cell{Cell: model.Cell{Place: model.Place{Sheet: title, Cell: model.CellName(row, col)}, Row: row, Col: col, Raw: words, Shown: words, Kind: model.Text, Filled: true}}
	s.Cells = slices.Insert(s.Cells, at, c)
}

// slot gives the sheet of a field and where its cell stands.
func (b shape) slot(field string, year int) (title string, slot templates.Slot) {
	slot = definition().Layout().Slot(field, year)
	if slot.Field == nil {
		panic(field)
	}
	return slot.Sheet, slot
}

// label overwrites the label of a field.
func (b shape) label(field string, year int, words string) {
	title, slot := b.slot(field, year)
	at := 0
	if slot.Header != "" {
		at = len(slot.RowAnchorCols) - 1
	}
	b.put(title, slot.Row, slot.RowAnchorCols[at], words)
}

// header overwrites the header of a column of a list.
func (b shape) header(field, words string) (title string, row, col int) {
	f := definition().Field(field)
	area := definition().Layout().Area(f.Record)
	for _, c := range area.Columns {
		if c.Field.ID == field {
			if words != "same" {
				b.put(area.Sheet, area.HeaderRow, c.Col, words)
			}
			return area.Sheet, area.HeaderRow, c.Col
		}
	}
	panic(field)
}

// forget takes away the names that begin so.
func (b shape) forget(prefixes ...string) {
	b.Names = slices.DeleteFunc(b.Names, func(n DefinedName) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(n.Name, p) })
	})
}

// name lets a name point elsewhere.
func (b shape) name(name, refers string) {
	i := slices.IndexFunc(b.Names, func(n DefinedName) bool { return n.Name == name })
	b.Names[i].RefersTo = refers
}

// without takes a sheet away.
func (b shape) without(title string) {
	b.Sheets = slices.DeleteFunc(b.Sheets, func(s *Sheet) bool { return s.Title == title })
}

// double puts a copy of a sheet behind all others.
func (b shape) double(title, as string) {
	s := b.Sheet(title)
	twin := &Sheet{Title: as, Cells: slices.Clone(s.Cells)}
	for i := range twin.Cells {
		twin.Cells[i].Place.Sheet = as
	}
	b.Sheets = append(b.Sheets, twin)
}

// merge merges cells of a sheet.
func (b shape) merge(title string, row, col, lastRow, lastCol int) {
	b.Sheet(title).merges = append(b.Sheet(title).merges, mergedArea{model.CellName(row, col) + ":" + model.CellName(lastRow, lastCol), span{row, col, lastRow, lastCol}})
}

// words says in what a workbook was read otherwise than the filled one.
func (b shape) words() string {
	w := bind(definition(), model.File{Path: "表.xlsx", Fate: model.Accepted}, b.Book)
	if w.File.Fate != model.Accepted {
		return strings.TrimSpace(fmt.Sprintf("%s %s %s", w.File.Fate, w.File.Code, w.File.Detail))
	}
	var out []string
	was, is := entriesOf(bind(definition(), model.File{Path: "表.xlsx", Fate: model.Accepted}, newShape().Book)), entriesOf(w)
	for _, e := range w.Entries {
		key := entryKey{e.Field, e.Year, e.Record}
		o, there := was[key]
		if there && o.Raw == e.Raw && o.Place == e.Place && o.Merged == e.Merged && o.Hidden == e.Hidden && o.Copied == e.Copied && o.NotAsked == e.NotAsked {
			continue
		}
		line := fmt.Sprintf("%s %d #%d %q %s!%s", e.Field, e.Year, e.Record, e.Raw, e.Place.Sheet, e.Place.Cell)
		for i, yes := range []bool{e.Merged != "", e.Hidden, e.Copied, e.NotAsked} {
			if yes {
				line += []string{" merged", " hidden", " copied", " not asked"}[i]
			}
		}
		out = append(out, line)
	}
	for key := range was {
		if _, there := is[key]; !there {
			out = append(out, fmt.Sprintf("%s %d #%d is not read", key.field, key.year, key.record))
		}
	}
	slices.Sort(out)
	if n := len(out); n > 6 {
		out = append(out[:3], fmt.Sprintf("%d entries in all", n))
	}
	if n := len(w.Loose); n > 0 {
		out = append(out, fmt.Sprintf("%d loose: %s", n, strings.Join(firstCells(w.Loose[:min(2, n)]), ", ")))
	}
	for i, n := range w.Notes {
		if i == 6 {
			out = append(out, fmt.Sprintf("%d notes in all", len(w.Notes)))
			break
		}
		line := fmt.Sprintf("%s %s %d", n.Code, strings.Join(n.Fields[:min(4, len(n.Fields))], ","), len(n.Fields))
		if n.Year != 0 {
			line += fmt.Sprint(" ", n.Year)
		}
		for k, p := range n.Places {
			if k < 4 {
				line += " " + p.Sheet + "!" + p.Cell
			}
		}
		for _, v := range []string{"detail", "cell", "value", "count"} {
			if n.Vars[v] != "" {
				line += " " + v + "=" + n.Vars[v]
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// A name of the whole workbook is meant before one of a single sheet, in whatever order they are defined.
func TestNamesOfOneSheet(t *testing.T) {
	title, slot := newShape().slot("apprentices", 2023)
	local := DefinedName{Name: slot.Name, Scope: title, RefersTo: "'" + title + "'!$A$1"}
	before, behind := newShape(), newShape()
	before.Names, behind.Names = slices.Insert(before.Names, 0, local), append(behind.Names, local)
	if said := before.words() + behind.words(); said != "" {
		t.Error(said)
	}
}

func TestShapes(t *testing.T) {
	const figures, roster = "2年度数据", "成员名册"
	d := definition()
	meta := func(b shape, key, value string) {
		for _, c := range b.Sheet(templates.MetaSheet).Cells {
			if c.Col == 1 && c.Raw == key {
				b.put(templates.MetaSheet, c.Row, 2, value)
			}
		}
	}
	for _, c := range []struct {
		what   string
		change func(b shape)
		want   string
	}{
		{"nothing", func(b shape) {}, ""},
		{"a label rewritten", func(b shape) { b.label("apprentices", 2022, "学徒人数") }, `1 loose: 2年度数据!C14=学徒人数
LHT-1-030 apprentices 1 2年度数据!D14 2年度数据!E14 2年度数据!F14 2年度数据!G14 detail=“中国特色学徒制培养 人”的标签被改动，已按名称读取，原来写标签的地方现在是“学徒人数”等 cell=D14
LHT-1-034  0 2年度数据!C14 cell=C14`},
		{"a label emptied", func(b shape) { b.label("office_area", 0, "") }, "LHT-1-030 office_area 1 1概况!E7 detail=“固定办公面积 ㎡”的标签被改动，已按名称读取 cell=E7"},
		{"units rewritten", func(b shape) {
			for _, field := range []string{"office_area", "park_output"} {
				title, slot := b.slot(field, map[string]int{"park_output": 2023}[field])
				b.put(title, slot.Row, slot.RowAnchorCols[len(slot.RowAnchorCols)-1], "万元")
			}
		}, `LHT-1-030 office_area 1 1概况!E7 detail=“固定办公面积 ㎡”的标签被改动，已按名称读取，原来写标签的地方现在是“万元” cell=E7
LHT-1-030 park_output 1 2023 1概况!E28 detail=“2023年产业园区总产值 2023年实际值 亿元”的标签被改动，已按名称读取，原来写标签的地方现在是“万元” cell=E28`},
		{"three labels rewritten", func(b shape) {
			b.label("office_area", 0, "面积")
			b.label("staff_total", 0, "总数")
			b.label("staff_full_time", 0, "专职")
		}, `3 loose: 1概况!B7=面积, 1概况!B9=总数
LHT-1-030 office_area 1 1概况!E7 detail=“固定办公面积 ㎡”的标签被改动，已按名称读取，原来写标签的地方现在是“面积” cell=E7
LHT-1-030 staff_total 1 1概况!E9 detail=“人员总数 人”的标签被改动，已按名称读取，原来写标签的地方现在是“总数” cell=E9
LHT-1-030 staff_full_time 1 1概况!E10 detail=“专职人数 人”的标签被改动，已按名称读取，原来写标签的地方现在是“专职” cell=E10
LHT-1-034  0 1概况!B7 cell=B7
LHT-1-034  0 1概况!B9 cell=B9
LHT-1-034  0 1概况!B10 cell=B10`},
		{"four labels rewritten", func(b shape) {
			b.label("office_area", 0, "面积")
			b.label("staff_total", 0, "总数")
			b.label("staff_full_time", 0, "专职")
			b.label("staff_part_time", 0, "兼职")
		}, `4 loose: 1概况!B7=面积, 1概况!B9=总数
LHT-1-030 office_area,staff_total,staff_full_time,staff_part_time 4 1概况!E7 1概况!E9 1概况!E10 1概况!E11 detail=“固定办公面积 ㎡”、“人员总数 人”、“专职人数 人”等4项的标签被改动，已按名称读取，原来写标签的地方现在是“面积”等 cell=E7
LHT-1-034  0 1概况!B7 cell=B7
LHT-1-034  0 1概况!B9 cell=B9
LHT-1-034  0 1概况!B10 cell=B10
LHT-1-034  0 1概况!B11 cell=B11`},
		{"the labels of three lines rewritten", func(b shape) {
			for _, field := range []string{"shared_programmes", "shared_courses", "shared_textbooks"} {
				b.label(field, 2022, field)
			}
		}, `3 loose: 2年度数据!C4=shared_programmes, 2年度数据!C5=shared_courses
LHT-1-030 shared_programmes,shared_courses,shared_textbooks 3 2年度数据!D4 2年度数据!E4 2年度数据!F4 2年度数据!G4 detail=“共建专业 个”、“共建课程 个”、“共建教材 个”的标签被改动，已按名称读取，原来写标签的地方现在是“shared_programmes”等 cell=D4
LHT-1-034  0 2年度数据!C4 cell=C4
LHT-1-034  0 2年度数据!C5 cell=C5
LHT-1-034  0 2年度数据!C6 cell=C6`},
		{"a formula beside the form", func(b shape) {
			b.put(figures, 3, 30, "12")
			for i, c := range b.Sheet(figures).Cells {
				if c.Col == 30 {
					b.Sheet(figures).Cells[i].Kind, b.Sheet(figures).Cells[i].Formula = model.Number, "6+6"
				}
			}
		}, `1 loose: 2年度数据!AD3=12
LHT-1-034  0 2年度数据!AD3 cell=AD3`},
		{"a name lost", func(b shape) { b.forget("office_area") }, "LHT-1-031  0 ! detail=1 处"},
		{"a name that points beside its label", func(b shape) {
			title, slot := b.slot("office_area", 0)
			b.name(slot.Name, fmt.Sprintf("'%s'!$Z$%d", title, slot.Row+40))
		}, "LHT-1-030 office_area 1 1概况!E7 detail=“固定办公面积 ㎡”的名称指向别处，已按标签读取 cell=E7"},
		{"a name that points to another year", func(b shape) {
			title, slot := b.slot("apprentices", 2022)
			_, next := b.slot("apprentices", 2023)
			b.name(slot.Name, fmt.Sprintf("'%s'!$%s", title, strings.Replace(model.CellName(next.Row, next.Col), fmt.Sprint(next.Row), fmt.Sprint("$", next.Row), 1)))
		}, "LHT-1-030 apprentices 1 2022 2年度数据!D14 detail=“中国特色学徒制培养 人”的名称指向别处，已按标签读取 cell=D14"},
		{"a name without a cell", func(b shape) { _, slot := b.slot("office_area", 0); b.name(slot.Name, "#REF!") }, "LHT-1-031  0 ! detail=1 处"},
		{"a line deleted, its names on the next", func(b shape) {
			title, slot := b.slot("office_area", 0)
			_, next := b.slot("staff_total", 0)
			b.label("office_area", 0, "")
			b.name(slot.Name, fmt.Sprintf("'%s'!$E$%d", title, next.Row))
		}, `office_area 0 #0 "" 1概况!
1 loose: 1概况!E7=134.07
LHT-1-032 office_area 1 1概况! detail=“固定办公面积 ㎡”
LHT-1-034  0 1概况!E7 cell=E7`},
		{"name and label lost", func(b shape) { b.forget("office_area"); b.label("office_area", 0, "") }, `office_area 0 #0 "" 1概况!
1 loose: 1概况!E7=134.07
LHT-1-032 office_area 1 1概况! detail=“固定办公面积 ㎡”
LHT-1-034  0 1概况!E7 cell=E7`},
		{"four inputs lost", func(b shape) {
			for _, field := range []string{"office_area", "staff_total", "staff_full_time", "staff_part_time"} {
				b.forget(field)
				b.label(field, 0, "")
			}
		}, `office_area 0 #0 "" 1概况!
staff_full_time 0 #0 "" 1概况!
staff_part_time 0 #0 "" 1概况!
staff_total 0 #0 "" 1概况!
4 loose: 1概况!E7=134.07, 1概况!E9=441
LHT-1-032 office_area,staff_total,staff_full_time,staff_part_time 4 1概况! detail=“固定办公面积 ㎡”、“人员总数 人”、“专职人数 人”等4项
LHT-1-034  0 1概况!E7 cell=E7
LHT-1-034  0 1概况!E9 cell=E9
LHT-1-034  0 1概况!E10 cell=E10
LHT-1-034  0 1概况!E11 cell=E11`},
		{"a sheet taken away", func(b shape) { b.without("1概况") }, `established_on 0 #0 "" 1概况!
funding_government 2024 #0 "" 1概况!
funding_lead 2024 #0 "" 1概况!
21 entries in all
LHT-1-032 established_on,head_name,head_contact,office_unit 19 1概况! detail=“1概况”整张表的“（拟）成立时间”、“联合体负责人”、“职务及联系方式”等21项`},
		{"a sheet renamed, its names lost", func(b shape) {
			b.Sheet("1概况").Title = "概况"
			for i := range b.Sheet("概况").Cells {
				b.Sheet("概况").Cells[i].Place.Sheet = "概况"
			}
			b.Names = slices.DeleteFunc(b.Names, func(n DefinedName) bool { return strings.Contains(n.RefersTo, "1概况") })
		}, `established_on 0 #0 "45512" 概况!E2
funding_government 2024 #0 "245.77" 概况!E25
funding_lead 2024 #0 "234.6" 概况!E24
21 entries in all
LHT-1-031  0 ! detail=21 处`},
		{"a sheet doubled", func(b shape) { b.double(figures, "2年度数据 (2)") }, `249 loose: 2年度数据 (2)!A1=2.办学成效和服务能力, 2年度数据 (2)!A2=类别
LHT-1-030  0 2年度数据 (2)! detail=“2年度数据 (2)”与“2年度数据”栏目相同，只读取了后者`},
		{"a sheet doubled, the names on the copy", func(b shape) {
			b.double(figures, "2年度数据 (2)")
			for i, n := range b.Names {
				b.Names[i].RefersTo = strings.Replace(n.RefersTo, figures, figures+" (2)", 1)
			}
		}, `apprentice_post_share 2022 #0 "1094.69" 2年度数据 (2)!D18
apprentice_post_share 2023 #0 "1105.86" 2年度数据 (2)!E18
apprentice_post_share 2024 #0 "1117.03" 2年度数据 (2)!F18
151 entries in all
249 loose: 2年度数据!A1=2.办学成效和服务能力, 2年度数据!A2=类别
LHT-1-030  0 2年度数据! detail=“2年度数据”与“2年度数据 (2)”栏目相同，只读取了后者`},
		{"a list doubled", func(b shape) { b.double(roster, "成员名册 (2)") }, `25 loose: 成员名册 (2)!A1=联合体成员情况, 成员名册 (2)!A2=组成
LHT-1-030  0 成员名册 (2)! detail=“成员名册 (2)”与“成员名册”栏目相同，只读取了后者`},
		{"the identity taken away", func(b shape) { b.without(templates.MetaSheet) }, "LHT-1-033  0 !"},
		{"another form", func(b shape) { meta(b, templates.MetaForm, "X") }, "rejected LHT-1-013 工作簿的表单编号是“X”"},
		{"no year", func(b shape) { meta(b, templates.MetaYear, "二〇二四") }, "rejected LHT-1-013 隐藏的模板标识被改动，认不出年度或版本"},
		{"no version", func(b shape) { meta(b, templates.MetaVersion, "最新") }, "rejected LHT-1-013 隐藏的模板标识被改动，认不出年度或版本"},
		{"last year's", func(b shape) { meta(b, templates.MetaYear, "2023") }, "rejected LHT-1-015 工作簿是 2023 年的模板"},
		{"a version that isn't accepted", func(b shape) { meta(b, templates.MetaVersion, "99") }, "rejected LHT-1-014 工作簿的模板版本是 99"},
		{"nothing of the form", func(b shape) { b.Names, b.Sheets = nil, []*Sheet{{Title: "表"}} }, "rejected LHT-1-013 推荐书的栏目只找到 0 个，应有 193 个"},
		{"a register", func(b shape) {
			b.Names, b.Sheets = nil, []*Sheet{{Title: templates.RegisterNames}, {Title: d.Register().Sheets[0].Title}}
		}, "ignored LHT-1-054 登记表，要用它请写在 --register 后面"},
		{"a label five hundred times", func(b shape) {
			for i := range 500 {
				b.put(figures, 2000+i, 40, d.Label("apprentices"))
			}
		}, "rejected LHT-1-021 “中国特色学徒制培养”在“2年度数据”里出现 501 次"},
		{"a label five hundred times more", func(b shape) {
			_, slot := b.slot("office_area", 0)
			for i := range 501 {
				b.put("1概况", 2000+i, 40, slot.RowAnchor[0])
			}
		}, "rejected LHT-1-021 “固定办公面积”在“1概况”里出现 502 次"},
		{"words beside the form", func(b shape) { b.put(figures, 3, 30, "注"); b.put("封面", 40, 1, "说明") }, `2 loose: 封面!A40=说明, 2年度数据!AD3=注
LHT-1-034  0 封面!A40 cell=A40
LHT-1-034  0 2年度数据!AD3 cell=AD3`},
		{"a hundred words beside the form", func(b shape) {
			for i := range 100 {
				b.put(figures, 2000+i, 30, "注")
			}
		}, `100 loose: 2年度数据!AD2000=注, 2年度数据!AD2001=注
LHT-1-034  0 2年度数据!AD2000 cell=AD2000
LHT-1-034  0 2年度数据!AD2001 cell=AD2001
LHT-1-034  0 2年度数据!AD2002 cell=AD2002
LHT-1-034  0 2年度数据!AD2003 cell=AD2003
LHT-1-034  0 2年度数据!AD2004 cell=AD2004
LHT-1-034  0 2年度数据!AD2005 cell=AD2005
100 notes in all`},
		{"a hundred and one", func(b shape) {
			for i := range 101 {
				b.put(figures, 2000+i, 30, "注")
			}
		}, `101 loose: 2年度数据!AD2000=注, 2年度数据!AD2001=注
LHT-1-034  0 2年度数据! detail=（101 格）`},
		{"an input emptied", func(b shape) { title, slot := b.slot("apprentices", 2022); b.put(title, slot.Row, slot.Col, "") }, `apprentices 2022 #0 "" 2年度数据!D14`},
		{"a header of a list rewritten", func(b shape) { b.header("members_enrolment", "学生人数") }, `1 loose: 成员名册!C2=学生人数
LHT-1-030 members_enrolment 1 成员名册!C2 detail=“在校生数（人）”的标签被改动，已按名称读取 cell=C2
LHT-1-034  0 成员名册!C2 cell=C2`},
		{"a header of a list rewritten, its name lost", func(b shape) { b.header("members_enrolment", "学生人数"); b.forget("members_enrolment") }, `members_enrolment 0 #1 is not read
members_enrolment 0 #2 is not read
members_enrolment 0 #3 is not read
members_enrolment 0 #4 is not read
members_enrolment 0 #5 is not read
6 loose: 成员名册!C2=学生人数, 成员名册!C3=31069
LHT-1-032 members_enrolment 1 成员名册! detail=“在校生数（人）”
LHT-1-034  0 成员名册!C2 cell=C2
LHT-1-034  0 成员名册!C3 cell=C3
LHT-1-034  0 成员名册!C4 cell=C4
LHT-1-034  0 成员名册!C5 cell=C5
LHT-1-034  0 成员名册!C6 cell=C6
7 notes in all`},
		{"a name of a list lost", func(b shape) { b.forget("members_enrolment") }, "LHT-1-031  0 ! detail=1 处"},
		{"two headers changed about", func(b shape) {
			b.header("members_enrolment", d.Field("members_name").Label)
			b.header("members_name", d.Field("members_enrolment").Label)
		}, `members_enrolment 0 #1 is not read
members_enrolment 0 #2 is not read
members_enrolment 0 #3 is not read
10 entries in all
6 loose: 成员名册!B2=在校生数, 成员名册!B3=第1001项：普通文字，含“引号”和<尖括号>&符号
LHT-1-030 members_name 1 成员名册!C2 detail=“单位名称”的名称指向别处，已按标签读取 cell=C2
LHT-1-032 members_enrolment 1 成员名册! detail=“在校生数（人）”
LHT-1-034  0 成员名册!B2 cell=B2
LHT-1-034  0 成员名册!B3 cell=B3
LHT-1-034  0 成员名册!B4 cell=B4
LHT-1-034  0 成员名册!B5 cell=B5
8 notes in all`},
		{"the headers once more further down", func(b shape) {
			title, row, _ := b.header("members_name", "same")
			for _, c := range b.Sheet(title).Cells {
				if c.Row == row {
					b.put(title, row+3, c.Col, c.Raw)
				}
			}
		}, `members_enrolment 0 #3 is not read
members_kind 0 #3 is not read
members_lead 0 #3 is not read
members_name 0 #3 is not read`},
		{"one header once more further down", func(b shape) {
			title, row, col := b.header("members_name", "same")
			b.put(title, row+9, col, d.Field("members_name").Label)
		}, `members_name 0 #9 "单位名称" 成员名册!B11`},
		{"a row far down", func(b shape) {
			title, _, col := b.header("members_name", "same")
			b.put(title, 1000000, col, "某单位")
		}, `members_name 0 #999998 "某单位" 成员名册!B1000000`},
		{"a list without its sheet", func(b shape) { b.without(roster) }, `members_enrolment 0 #1 is not read
members_enrolment 0 #2 is not read
members_enrolment 0 #3 is not read
20 entries in all
LHT-1-032 members_kind,members_name,members_enrolment,members_lead 4 成员名册! detail=“成员名册”整张表的“组成”、“单位名称”、“在校生数（人）”等4项`},
		{"two inputs merged", func(b shape) {
			title, slot := b.slot("apprentices", 2022)
			b.merge(title, slot.Row, slot.Col, slot.Row, slot.Col+1)
		}, `apprentices 2022 #0 "2425" 2年度数据!D14 merged
apprentices 2023 #0 "2456" 2年度数据!E14 merged
LHT-1-035 apprentices,apprentices 2 2年度数据!D14 2年度数据!E14 cell=D14:E14 value=2425`},
		{"an input merged with the cell before it", func(b shape) {
			title, slot := b.slot("office_area", 0)
			b.merge(title, slot.Row, slot.Col-1, slot.Row, slot.Col)
		}, `office_area 0 #0 "134.07" 1概况!E7 merged
LHT-1-035 office_area 1 1概况!E7 cell=D7:E7 value=㎡`},
		{"an input merged to the right", func(b shape) {
			title, slot := b.slot("office_area", 0)
			b.merge(title, slot.Row, slot.Col, slot.Row, slot.Col+3)
		}, ""},
		{"a group of a list", func(b shape) {
			title, row, col := b.header("members_kind", "same")
			b.put(title, row+2, col, "")
			b.put(title, row+3, col, "")
			b.merge(title, row+1, col, row+3, col)
		}, `members_kind 0 #2 "_x000D_样子的文字1000" 成员名册!A4 copied
members_kind 0 #3 "_x000D_样子的文字1000" 成员名册!A5 copied
LHT-1-036 members_kind 1 成员名册!A3 成员名册!A4 成员名册!A5 cell=A3:A5 value=_x000D_样子的文字1000 count=1`},
		{"a group with values of its own", func(b shape) {
			title, row, col := b.header("members_kind", "same")
			b.merge(title, row+1, col, row+2, col)
		}, "LHT-1-036 members_kind 1 成员名册!A3 成员名册!A4 cell=A3:A4 value=_x000D_样子的文字1000 count=1"},
		{"a group without a value", func(b shape) {
			title, row, col := b.header("members_kind", "same")
			b.put(title, row+1, col, "")
			b.put(title, row+2, col, "")
			b.merge(title, row+1, col, row+2, col)
		}, `members_kind 0 #1 is not read
members_kind 0 #2 is not read`},
		{"a group that reaches beyond the rows", func(b shape) {
			title, row, col := b.header("members_kind", "same")
			b.merge(title, row+filledRecords, col, row+filledRecords+9, col)
		}, "LHT-1-036 members_kind 1 成员名册!A7 cell=A7:A16 value=𠮷野家1040·①②③ count=1"},
		{"figures of a list merged", func(b shape) {
			title, row, col := b.header("members_enrolment", "same")
			b.put(title, row+2, col, "")
			b.merge(title, row+1, col, row+2, col)
		}, `members_enrolment 0 #1 "31069" 成员名册!C3 merged
members_enrolment 0 #2 "" 成员名册!C4 merged
LHT-1-035 members_enrolment 1 成员名册!C3 成员名册!C4 cell=C3:C4 value=31069 count=1`},
		{"two columns of a list merged", func(b shape) {
			title, row, col := b.header("members_kind", "same")
			b.merge(title, row+2, col, row+2, col+1)
		}, `members_kind 0 #2 "第一行1010\n第二行" 成员名册!A4 merged
members_name 0 #2 "  前后有空格1011  " 成员名册!B4 merged
LHT-1-035 members_kind,members_name 2 成员名册!A4 成员名册!B4 cell=A4:B4 value=第一行1010
第二行 count=1`},
		{"one cell of a list merged with what is beside it", func(b shape) {
			title, row, _ := b.header("members_kind", "same")
			area := d.Layout().Area("members")
			last := area.Columns[len(area.Columns)-1].Col
			b.merge(title, row+2, last, row+2, last+4)
		}, ""},
		{"over the header of a list", func(b shape) {
			title, row, col := b.header("members_kind", "same")
			b.merge(title, row, col, row+1, col)
		}, ""},
		{"five groups", func(b shape) {
			title, row, col := b.header("materials_title", "same")
			for i := range 5 {
				b.merge(title, row+1+i, col, row+1+i, col+1)
			}
		}, `materials_supports 0 #1 "=1+1002 是文字" 支撑材料目录!C4 merged
materials_supports 0 #2 "𠮷野家1012·①②③" 支撑材料目录!C5 merged
materials_supports 0 #3 "第1022项：普通文字，含“引号”和<尖括号>&符号" 支撑材料目录!C6 merged
10 entries in all
LHT-1-035 materials_title,materials_supports 2 支撑材料目录!B4 支撑材料目录!C4 支撑材料目录!B5 支撑材料目录!C5 cell=B4:C4、B5:C5、B6:C6等 value=第1001项：普通文字，含“引号”和<尖括号>&符号、  前后有空格1011  、_x000D_样子的文字1021等 count=5`},
		{"hidden inputs", func(b shape) {
			for _, title := range []string{figures, roster} {
				for i, c := range b.Sheet(title).Cells {
					b.Sheet(title).Cells[i].Hidden = c.Row >= 5 && c.Row <= 6
				}
			}
		}, `members_enrolment 0 #3 "31689" 成员名册!C5 hidden
members_enrolment 0 #4 "31999" 成员名册!C6 hidden
members_kind 0 #3 "+861020" 成员名册!A5 hidden
18 entries in all
LHT-1-037 members_kind,members_name,members_enrolment,members_lead 4 成员名册!A5 成员名册!B5 成员名册!C5 成员名册!D5 detail=成员名册!A5:D6 cell=A5 count=8
LHT-1-037 shared_courses,shared_textbooks 2 2年度数据!D5 2年度数据!E5 2年度数据!F5 2年度数据!G5 detail=2年度数据!D5:H6 cell=D5 count=10`},
		{"a word in a note", func(b shape) {
			b.Sheet(figures).comments = []comment{{"F14", strings.Repeat("字", 60)}, {"F15", strings.Repeat("字", 61)}}
		}, `LHT-1-038  0 2年度数据!F14 detail=写有“字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字” cell=F14
LHT-1-038  0 2年度数据!F15 detail=写有“字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字…” cell=F15`},
		{"ten words in notes", func(b shape) {
			for i := range 10 {
				b.Sheet(figures).comments = append(b.Sheet(figures).comments, comment{model.CellName(i+5, 6), "话"})
			}
		}, `LHT-1-038  0 2年度数据!F5 detail=写有“话” cell=F5
LHT-1-038  0 2年度数据!F6 detail=写有“话” cell=F6
LHT-1-038  0 2年度数据!F7 detail=写有“话” cell=F7
LHT-1-038  0 2年度数据!F8 detail=写有“话” cell=F8
LHT-1-038  0 2年度数据!F9 detail=写有“话” cell=F9
LHT-1-038  0 2年度数据!F10 detail=写有“话” cell=F10
10 notes in all`},
		{"eleven words in notes", func(b shape) {
			for i := range 11 {
				b.Sheet(figures).comments = append(b.Sheet(figures).comments, comment{model.CellName(i+5, 6), "话"})
			}
		}, "LHT-1-038  0 2年度数据!F5 2年度数据!F6 2年度数据!F7 2年度数据!F8 detail=共11处写有文字 cell=F5"},
	} {
		b := newShape()
		c.change(b)
		if got := b.words(); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
}
