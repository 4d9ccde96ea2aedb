package normalize

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Requirements
//  1. Whatever stands in a register, reading it ends in entries that are what their columns allow, or in faults that each name a place;
//     no fault repeats a phone.
//  2. An error value is a fault; a consortium that nobody knows is said. So is what is crossed out, shows another number than it holds, or
//     stands in for the document that a decision rests on.

func FuzzRegister(f *testing.F) {
	var blank strings.Builder
	for _, s := range definition.Register().Sheets {
		for i, c := range s.Columns {
			fmt.Fprintf(&blank, "%s\t3\t%d\t%s\n", s.Title, i+1, c.Label)
		}
	}
	f.Add(blank.String())
	f.Add(blank.String() + "目录调整\t4\t1\t三明市氟化工产教联合体\n目录调整\t4\t6\t同意\n")
	f.Add(blank.String() + "说明采纳\t4\t1\t0123456789abcdef\n说明采纳\t4\t2\t采纳\n说明采纳\t5\t9\t13900005678\n别的\t1\t1\tx\n")
	f.Add(blank.String() + "逾期补报\t4\t1\t甲\n逾期补报\t4\t2\t处\n逾期补报\t4\t3\t2024年8月20日\n逾期补报\t5\t3\t13900005678\n")
	f.Fuzz(func(t *testing.T, lines string) {
		var cells []model.Cell
		seen := map[string]bool{}
		for line := range strings.SplitSeq(lines, "\n") {
			p := strings.SplitN(line, "\t", 4)
			if len(p) < 4 || strings.TrimSpace(p[3]) == "" || seen[strings.Join(p[:3], "\t")] {
				continue
			}
			seen[strings.Join(p[:3], "\t")] = true
			row, err1 := strconv.Atoi(p[1])
			col, err2 := strconv.Atoi(p[2])
			if err1 != nil || err2 != nil || row < 1 || row > 1048576 || col < 1 || col > 16384 {
				continue
			}
			cells = append(cells, model.Cell{Place: model.Place{File: "登记.xlsx", Sheet: p[0], Cell: model.CellName(row, col)}, Row: row, Col: col, Raw: p[3], Kind: model.Text, Filled: true})
		}
		entries, err := Register(definition, cells)
		if err != nil {
			if said := err.Error(); text.Mask(said) != said || !strings.Contains(said, "登记表") {
				t.Errorf("fault %q", said)
			}
			return
		}
		for _, e := range entries {
			for _, c := range e.Sheet.Columns {
				v := e.Values[c.ID]
				if c.Required && v == "" || v != "" && len(c.Options) > 0 && !slices.Contains(c.Options, v) {
					t.Errorf("%s %s: %q", e.Place, c.Label, v)
				}
				_, day := time.Parse(time.DateOnly, v)
				_, month := time.Parse("2006-01", v)
				if c.Date && v != "" && day != nil && month != nil {
					t.Errorf("%s %s: %q is no day", e.Place, c.Label, v)
				}
			}
		}
	})
}

func TestRegisterNamesNobodyKnows(t *testing.T) {
	sheet := definition.Register().Sheets[slices.IndexFunc(definition.Register().Sheets, func(s *templates.RegisterSheet) bool { return s.Effect == templates.EffectSelect })]
	read := func(name string, kind model.Kind) ([]table.RegisterEntry, error) {
		var cells []model.Cell
		for i, c := range sheet.Columns {
			for row, words := range map[int]string{3: c.Label, 4: map[string]string{templates.RegisterConsortium: name, templates.RegisterDocument: "文"}[c.ID]} {
				if words != "" {
					cells = append(cells, model.Cell{Place: model.Place{Sheet: sheet.Title, Cell: model.CellName(row, i+1)}, Row: row, Col: i + 1, Raw: words, Kind: kind, Filled: true})
				}
			}
		}
		return Register(definition, cells)
	}
	if _, err := read("#N/A", model.Error); err == nil || !strings.Contains(err.Error(), sheet.Title+"!A4") {
		t.Errorf("an error value: %v", err)
	}
	for name, unknown := range map[string]bool{"不存在的联合体": true, "晋江市域产教联合体（已入选国家级）": false, definition.Directory.Entries[0].Consortium: false, "南平市竹产业产教联合体": false} {
		entries, err := read(name, model.Text)
		if err != nil {
			t.Fatal(err)
		}
		facts := &table.Facts{Definition: definition, Submissions: table.Of([]table.Submission{{Submission: "2024-Xa", Consortium: "南平市竹产业产教联合体"}})}
		f := table.Round{Facts: facts, Judgement: &table.Judgement{Register: entries}}
		if got := f.UnknownEntries(); (len(got) == 1) != unknown {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Requirements
//  1. Columns are found by their headings, in the row that has most of them, in whatever order; a sheet or a column that isn't used may be
//     left out, unless it is required.
//  2. A row in which only what the program prefilled stands decides nothing; one more word and it is read.
//  3. Each fault names the cell and says how it is mended; the rows beside it are read all the same.
//  4. The steps of an award are taken in their order.
//  5. One decision stands once; objections, and answers to late papers, add up.

// registerCells are the cells of one sheet of a register: its headings in row 3 and rows from 4 on, each written "label=words|label=words".
func registerCells(title string, labels []string, rows ...string) (cells []model.Cell) {
	put := func(row, col int, words string) {
		cells = append(cells, model.Cell{Place: model.Place{Sheet: title, Cell: model.CellName(row, col)}, Row: row, Col: col, Raw: words, Shown: words, Kind: model.Text, Filled: true})
	}
	put(1, 1, "登记表说明")
	for i, label := range labels {
		put(3, i+1, label)
	}
	for n, row := range rows {
		for _, pair := range strings.Split(row, "|") {
			if label, words, ok := strings.Cut(pair, "="); ok {
				col := slices.Index(labels, label)
				if col < 0 {
					col = len(labels) + 1 // below no heading
				}
				put(4+n, col+1, words)
			}
		}
	}
	return cells
}

func registerLabels(title string) (labels []string) {
	for _, s := range definition.Register().Sheets {
		for _, c := range s.Columns {
			if s.Title == title {
				labels = append(labels, c.Label)
			}
		}
	}
	return labels
}

// registerWords writes what was read: the rows with their values, or the faults, a line each.
func registerWords(entries []table.RegisterEntry, err error) string {
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, e := range entries {
		line := e.Place.Cell
		for _, id := range slices.Sorted(maps.Keys(e.Values)) {
			if e.Values[id] != "" {
				line += " " + id + "=" + e.Values[id]
			}
		}
		if e.Accepted {
			line += " accepted"
		}
		if e.Fingerprint != "" {
			line += fmt.Sprintf(" (%s of %s)", e.Fingerprint, e.ValueHash)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestRegisterIsReadAsItIsSeen(t *testing.T) {
	cell := func(col int, raw, shown, struck string, kind model.Kind) model.Cell {
		return model.Cell{Place: model.Place{File: "登记.xlsx", Sheet: "扣分和不予立项", Cell: model.CellName(4, col)}, Row: 4, Col: col, Raw: raw, Shown: shown, Struck: struck, Kind: kind, Filled: true}
	}
	var head []model.Cell
	for i, label := range []string{"联合体名称", "扣几分", "依据"} {
		c := cell(i+1, label, label, "", model.Text)
		c.Row, c.Place.Cell = 3, model.CellName(3, i+1)
		head = append(head, c)
	}
	const name = "甲市域产教联合体"
	for what, c := range map[string]struct {
		row  []model.Cell
		want string
	}{
		"as typed":       {[]model.Cell{cell(1, name, name, "", model.Text), cell(2, "5", "5.0", "", model.Number), cell(3, "纪要", "纪要", "", model.Text)}, ""},
		"crossed out":    {[]model.Cell{cell(1, name, name, name, model.Text), cell(2, "5", "5", "", model.Number), cell(3, "纪要", "纪要", "", model.Text)}, "A4：“甲市域产教联合体”划掉了"},
		"a percentage":   {[]model.Cell{cell(1, name, name, "", model.Text), cell(2, "0.05", "5%", "", model.Number), cell(3, "纪要", "纪要", "", model.Text)}, "B4：显示的是“5%”"},
		"shown as empty": {[]model.Cell{cell(1, name, name, "", model.Text), cell(2, "5", "", "", model.Number), cell(3, "纪要", "纪要", "", model.Text)}, "B4：显示的是“”"},
		"no document":    {[]model.Cell{cell(1, name, name, "", model.Text), cell(2, "5", "5", "", model.Number), cell(3, "待定", "待定", "", model.Text)}, "C4：“待定”不是依据"},
	} {
		_, err := Register(definition, slices.Concat(head, c.row))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}

func TestRegisterRows(t *testing.T) {
	const a, b = "联合体名称=甲市域产教联合体", "联合体名称=乙市域产教联合体"
	listed := "代替目录所列=" + definition.Directory.Entries[0].Consortium
	adjusted := a + "|推荐地市=福州|依托园区=甲园区"
	steps := []string{a, "评审会建议=建议入选", "拟入选=拟入选|依据（会议、纪要或批示）=纪要1|日期=2024-09-01", "公示开始=2024-09-02|公示结束=2024-09-09",
		"公示结果=无异议", "公布文号=文1|公布日期=2024-10-01", "推荐教育部=推荐"}
	award := func(but ...int) string {
		var said []string
		for i, s := range steps {
			if !slices.Contains(but, i) {
				said = append(said, s)
			}
		}
		return strings.Join(said, "|")
	}
	const key, other = "0123456789abcdef", "fedcba9876543210"
	for _, c := range []struct {
		what, sheet string
		rows        []string
		want        string
	}{
		{"blank", "已入选", nil, ""},
		{"prefilled", "已入选", []string{a + "|待办（程序预填）=登记没有"}, ""},
		{"without what the program writes beside it", "逾期补报", []string{a}, "登记表 逾期补报!B4：“依据（文号或批示）”没有填。请补填，或删去这一行"},
		{"prefilled and decided", "逾期补报", []string{a + "|待办（程序预填）=定|依据（文号或批示）=文"}, "A4 consortium=甲市域产教联合体 document=文"},
		{"prefilled, and a word under no heading", "逾期补报", []string{a + "|待办（程序预填）=定|别的=话"},
			"登记表 逾期补报!G4：这一列没有表头，不知道“话”是什么。请移到有表头的列，例如备注\n登记表 逾期补报!B4：“依据（文号或批示）”没有填。请补填，或删去这一行"},
		{"a word under no heading before the others", "逾期补报", []string{"别的=话|" + a + "|依据（文号或批示）=文"}, "登记表 逾期补报!G4：这一列没有表头，不知道“话”是什么。请移到有表头的列，例如备注"},
		{"two rows", "逾期补报", []string{b + "|依据（文号或批示）=文", a + "|依据（文号或批示）=文"}, "A4 consortium=乙市域产教联合体 document=文\nA5 consortium=甲市域产教联合体 document=文"},
		{"a day", "逾期补报", []string{a + "|依据（文号或批示）=文|收到日期=2024年8月20日"}, "A4 consortium=甲市域产教联合体 date=2024-08-20 document=文"},
		{"no day", "逾期补报", []string{a + "|依据（文号或批示）=文|收到日期=下周"}, "登记表 逾期补报!C4：“下周”不是日期。请写成 " + definition.Directory.Deadline + " 的样子"},
		{"adjusted", "目录调整", []string{adjusted + "|是否同意=同意|依据（文号或批示）=文|日期=2024-07-01"},
			"A4 city=福州 consortium=甲市域产教联合体 date=2024-07-01 decision=同意 document=文 park=甲园区 accepted"},
		{"not adjusted", "目录调整", []string{adjusted + "|是否同意=不同意|依据（文号或批示）=文|日期=2024-07-01"},
			"A4 city=福州 consortium=甲市域产教联合体 date=2024-07-01 decision=不同意 document=文 park=甲园区"},
		{"an application that came in", "目录调整", []string{adjusted + "|收到申请=2024-06-01"}, "A4 city=福州 consortium=甲市域产教联合体 park=甲园区 received=2024-06-01"},
		{"half a decision", "目录调整", []string{adjusted + "|是否同意=同意"}, "登记表 目录调整!A4：“同意调整”没有登记完，缺：依据（文号或批示）、日期。请补填，或清空这一步"},
		{"neither yes nor no", "目录调整", []string{adjusted + "|是否同意=再议"}, "登记表 目录调整!F4：“再议”不在可选之列。请从下拉中选：同意、不同意"},
		{"one in place of another", "目录调整", []string{adjusted + "|" + listed}, "A4 city=福州 consortium=甲市域产教联合体 park=甲园区 replaces=" + definition.Directory.Entries[0].Consortium},
		{"in place of none that is listed", "目录调整", []string{adjusted + "|代替目录所列=丙"}, "登记表 目录调整!A4：代替的“丙”不在指导目录。请从下拉中选目录所列的一个；只换园区、只增列的留空"},
		{"no ruling", "扣分和不予立项", []string{a + "|依据=纪要"}, "登记表 扣分和不予立项!A4：扣几分、是否不予立项都没有填，不知道认定了什么。请至少填一项，或删去这一行"},
		{"the most points", "扣分和不予立项", []string{a + "|依据=纪要|扣几分=" + definition.Rubric().Experts.Deduction.String()},
			"A4 consortium=甲市域产教联合体 document=纪要 points=" + definition.Rubric().Experts.Deduction.String()},
		{"more points", "扣分和不予立项", []string{a + "|依据=纪要|扣几分=" + definition.Rubric().Experts.Deduction.String() + ".1"},
			"登记表 扣分和不予立项!A4：扣" + definition.Rubric().Experts.Deduction.String() + ".1分，超过第7项最多的" + definition.Rubric().Experts.Deduction.String() + "分。请改正；不扣写0"},
		{"none taken off", "扣分和不予立项", []string{a + "|依据=纪要|扣几分=０"}, "A4 consortium=甲市域产教联合体 document=纪要 points=0"},
		{"points below nothing", "扣分和不予立项", []string{a + "|依据=纪要|扣几分=-1|是否不予立项=予以保留"}, "登记表 扣分和不予立项!B4：“-1”不是不小于0的数。请只填数字，不写单位"},
		{"points with their unit", "扣分和不予立项", []string{a + "|依据=纪要|扣几分=2分|是否不予立项=不予立项"}, "登记表 扣分和不予立项!B4：“2分”不是不小于0的数。请只填数字，不写单位"},
		{"turned down", "扣分和不予立项", []string{a + "|依据=纪要|是否不予立项=不予立项"}, "A4 consortium=甲市域产教联合体 document=纪要 reject=不予立项"},
		{"accepted", "说明采纳", []string{"问题指纹=" + key + "|是否采纳=采纳"}, "A4 decision=采纳 fingerprint=" + key + " accepted (" + key + " of )"},
		{"turned down for some values", "说明采纳", []string{"问题指纹=" + key + "-1111222233334444|是否采纳=不采纳"}, "A4 decision=不采纳 fingerprint=" + key + "-1111222233334444 (" + key + " of 1111222233334444)"},
		{"of no finding", "说明采纳", []string{"问题指纹=LHT-2-001|是否采纳=采纳"}, "登记表 说明采纳!A4：“LHT-2-001”不是问题指纹。请照抄省级汇总“问题清单”的末列"},
		{"two findings", "说明采纳", []string{"问题指纹=" + key + "|是否采纳=采纳", "问题指纹=" + other + "|是否采纳=采纳"},
			"A4 decision=采纳 fingerprint=" + key + " accepted (" + key + " of )\nA5 decision=采纳 fingerprint=" + other + " accepted (" + other + " of )"},
		{"for two sets of values", "说明采纳", []string{"问题指纹=" + key + "-1111222233334444|是否采纳=采纳", "问题指纹=" + key + "-5555666677778888|是否采纳=不采纳"},
			"A4 decision=采纳 fingerprint=" + key + "-1111222233334444 accepted (" + key + " of 1111222233334444)\nA5 decision=不采纳 fingerprint=" + key + "-5555666677778888 (" + key + " of 5555666677778888)"},
		{"for the same values", "说明采纳", []string{"问题指纹=" + key + "-1111222233334444|是否采纳=采纳", "问题指纹=" + key + "-1111222233334444|是否采纳=不采纳"},
			"登记表 说明采纳!A5：与 说明采纳!A4 是同一个联合体、问题或学校，登记了两次。请只留一行"},
		{"for some values and for any", "说明采纳", []string{"问题指纹=" + key + "-1111222233334444|是否采纳=采纳", "问题指纹=" + key + "|是否采纳=不采纳"},
			"登记表 说明采纳!A5：与 说明采纳!A4 是同一个联合体、问题或学校，登记了两次。请只留一行"},
		{"for any values and for some", "说明采纳", []string{"问题指纹=" + key + "|是否采纳=采纳", "问题指纹=" + key + "-1111222233334444|是否采纳=不采纳"},
			"登记表 说明采纳!A5：与 说明采纳!A4 是同一个联合体、问题或学校，登记了两次。请只留一行"},
		{"ruled upon twice", "扣分和不予立项", []string{a + "|依据=纪要|扣几分=1", a + "|依据=纪要|扣几分=2"},
			"登记表 扣分和不予立项!A5：与 扣分和不予立项!A4 是同一个联合体、问题或学校，登记了两次。请只留一行"},
		{"objected to twice", "异议", []string{a + "|收到日期=2024-09-03|异议的内容=一|提出人（只留在本表）=某人", a + "|收到日期=2024-09-03|异议的内容=二"},
			"A4 about=一 consortium=甲市域产教联合体 date=2024-09-03\nA5 about=二 consortium=甲市域产教联合体 date=2024-09-03"},
		{"late twice", "逾期补报", []string{a + "|依据（文号或批示）=文", a + "|依据（文号或批示）=文二"}, "A4 consortium=甲市域产教联合体 document=文\nA5 consortium=甲市域产教联合体 document=文二"},
		{"a school under another's other name", "学校名录", []string{"学校名称=甲校|类别=中职学校|其他名称=丙校、丁校", "学校名称=乙校|类别=中职学校|其他名称=丁校|在校生数=1,200"},
			"登记表 学校名录!A5：与 学校名录!A4 是同一个联合体、问题或学校，登记了两次。请只留一行"},
		{"two schools", "学校名录", []string{"学校名称=甲校|类别=中职学校|其他名称=丙校、丁校", "学校名称=乙校|类别=中职学校|在校生数=1,200"},
			"A4 kind=中职学校 others=丙校、丁校 school=甲校\nA5 enrolment=1200 kind=中职学校 school=乙校"},
		{"all steps", "遴选结果", []string{award()}, "A4 advice=建议入选 announced=文1 announced_on=2024-10-01 consortium=甲市域产教联合体 date=2024-09-01 document=纪要1 from=2024-09-02 ministry=推荐 objection=无异议 proposed=拟入选 to=2024-09-09"},
		{"without the advice", "遴选结果", []string{award(1, 3, 4, 5, 6)}, "A4 consortium=甲市域产教联合体 date=2024-09-01 document=纪要1 proposed=拟入选"},
		{"publicised and not proposed", "遴选结果", []string{award(2, 4, 5, 6)}, "登记表 遴选结果!A4：登记了“公示”，而前一步“拟入选”没有登记或没有通过。请按次序登记"},
		{"half proposed, and publicised", "遴选结果", []string{a + "|拟入选=拟入选|公示开始=2024-09-02|公示结束=2024-09-09"},
			"登记表 遴选结果!A4：“拟入选”没有登记完，缺：依据（会议、纪要或批示）、日期。请补填，或清空这一步\n登记表 遴选结果!A4：登记了“公示”，而前一步“拟入选”没有登记或没有通过。请按次序登记"},
		{"chosen and not cleared", "遴选结果", []string{award(4, 6)}, "登记表 遴选结果!A4：登记了“入选”，而前一步“公示无异议”没有登记或没有通过。请按次序登记"},
		{"chosen though the objection holds", "遴选结果", []string{strings.Replace(award(6), "无异议", "异议成立", 1)}, "登记表 遴选结果!A4：登记了“入选”，而前一步“公示无异议”没有登记或没有通过。请按次序登记"},
		{"not chosen as the objection holds", "遴选结果", []string{strings.Replace(award(5, 6), "无异议", "异议成立", 1)},
			"A4 advice=建议入选 consortium=甲市域产教联合体 date=2024-09-01 document=纪要1 from=2024-09-02 objection=异议成立 proposed=拟入选 to=2024-09-09"},
		{"taken back after it was made public", "遴选结果", []string{strings.Replace(award(4, 5, 6), "=拟入选", "=不拟入选", 1)},
			"A4 advice=建议入选 consortium=甲市域产教联合体 date=2024-09-01 document=纪要1 from=2024-09-02 proposed=不拟入选 to=2024-09-09"},
		{"chosen though taken back", "遴选结果", []string{strings.Replace(award(6), "=拟入选", "=不拟入选", 1)}, "登记表 遴选结果!A4：登记了“入选”，而前一步“拟入选”没有登记或没有通过。请按次序登记"},
	} {
		if got := registerWords(Register(definition, registerCells(c.sheet, registerLabels(c.sheet), c.rows...))); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
}

func TestRegisterSheetsAndHeadings(t *testing.T) {
	const late = "逾期补报"
	row := "联合体名称=甲市域产教联合体|依据（文号或批示）=文"
	want := "consortium=甲市域产教联合体 document=文"
	labels := registerLabels(late)
	turned := slices.Clone(labels)
	slices.Reverse(turned)
	// The headings once more, with one of them missing, below: what has most of them is the row of headings.
	again := registerCells(late, labels)
	for i, label := range labels[1:] {
		again = append(again, model.Cell{Place: model.Place{Sheet: late, Cell: model.CellName(2, i+1)}, Row: 2, Col: i + 1, Raw: label, Kind: model.Text, Filled: true})
	}
	again = append(again, registerCells(late, labels, row)[len(labels)+1:]...)
	twice := registerCells(late, labels)
	for i, label := range labels {
		twice = append(twice, model.Cell{Place: model.Place{Sheet: late, Cell: model.CellName(6, i+1)}, Row: 6, Col: i + 1, Raw: label, Kind: model.Text, Filled: true})
	}
	shuffled := registerCells(late, labels, row, strings.Replace(row, "甲", "乙", 1))
	slices.Reverse(shuffled)
	for _, c := range []struct {
		what  string
		cells []model.Cell
		want  string
	}{
		{"as issued", registerCells(late, labels, row), "A4 " + want},
		{"the other way about", registerCells(late, turned, row), "A4 " + want},
		{"without a column that needs not be", registerCells(late, slices.Concat(labels[:2], labels[3:]), row), "A4 " + want},
		{"without one that needs to be", registerCells(late, slices.Concat(labels[:1], labels[2:]), "联合体名称=甲市域产教联合体"), "登记表 逾期补报：找不到表头“依据（文号或批示）”。请恢复这一列，或用新生成的登记表"},
		{"most of the headings before all", again, "A4 " + want},
		{"cells from below upwards", shuffled, "A4 " + want + "\nA5 " + strings.Replace(want, "甲", "乙", 1)},
		{"a sheet that nobody knows", append(registerCells(late, labels, row), registerCells("草稿", []string{"甲"})...),
			"登记表 草稿!A1：不认识工作表“草稿”。请删去，或移到别的文件；登记表由 lianheti template --register 生成"},
		{"late papers, and then a ruling twice", append(registerCells(late, labels, row), registerCells("扣分和不予立项", registerLabels("扣分和不予立项"), "联合体名称=甲|依据=文|扣几分=1", "联合体名称=甲|依据=文|扣几分=1")...),
			"登记表 扣分和不予立项!A5：与 扣分和不予立项!A4 是同一个联合体、问题或学校，登记了两次。请只留一行"},
		{"the sheet with the names to choose from", append(registerCells(late, labels, row), registerCells(templates.RegisterNames, []string{"甲"})...), "A4 " + want},
	} {
		if got := registerWords(Register(definition, c.cells)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
	// All headings twice: those that come first are meant, whatever order they are met in, and the others are a row of words.
	for range 20 {
		if got := registerWords(Register(definition, twice)); !strings.Contains(got, "逾期补报!C6：“收到日期”不是日期") {
			t.Fatalf("headings twice: %s", got)
		}
	}
	entries, err := Register(definition, registerCells("异议", registerLabels("异议"), "联合体名称=甲|收到日期=2024-09-03|提出人（只留在本表）=某人|异议的内容=一"))
	if err != nil || entries[0].Private["who"] != "某人" || entries[0].Values["who"] != "" {
		t.Errorf("who objects: %+v %v", entries, err)
	}
}
