package pipeline

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/intake"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/stages/wordform"
	"lianheti/templates"
)

// Requirements
//  1. Workbook to Word to workbook: every value that the Word form holds is the same, for every sample.
//  2. A Word form altered as people and programs do reads the same: runs split and set in other fonts, tracked changes, blanks in labels,
//     cells no longer merged, controls, the cover as paragraphs, names on lines or in rows of their own, full-width digits, a copy
//     saved by LibreOffice or python-docx.
//  3. Whatever finds no place is listed; a table for other years gives no values.
//  4. What is no Word form is refused with its cure: old formats, encrypted, damaged, too deep, with a DOCTYPE.

// answersOf lists what a form says, value by value, as far as the Word form holds it.
func answersOf(t *testing.T, facts *table.Facts, id string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for form := range facts.Forms {
		if id != "" && form.Submission.Submission != id {
			continue
		}
		contacts := contactsBySubmission(facts)[form.Submission.Submission]
		var refs []templates.Ref
		for _, id := range facts.Definition.Paper().Cover {
			refs = append(refs, templates.Ref{Field: id})
		}
		for _, s := range facts.Definition.Paper().Sections {
			for _, item := range s.Items() {
				refs = append(refs, item.Refs...)
			}
		}
		for _, r := range refs {
			value := form.PaperAnswer(r)
			if facts.Definition.Field(r.Field).Personal {
				value = contacts[r.Field]
			}
			out[fmt.Sprintf("%s %d", r.Field, r.Year)] = strings.Join(strings.Fields(value), " ")
		}
		for _, k := range facts.Definition.Form.Kinds {
			var names []string
			for _, m := range form.Members {
				if m.Kind == k.ID {
					names = append(names, fmt.Sprintf("%s %v", m.Name, m.IsLead))
				}
			}
			out[k.ID] = strings.Join(names, "、")
		}
	}
	return out
}

// transcribe brings a Word form back into a workbook and reads that workbook.
func transcribe(t *testing.T, data []byte) (map[string]string, *Transcribed) {
	t.Helper()
	b := must.Get(batch())(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "推荐书.docx")
	must.Do(t, os.WriteFile(path, data, 0o644))
	result := must.Get(FromWord(b.d, path))(t)
	if result.Workbook == nil {
		return nil, result
	}
	must.Do(t, os.WriteFile(filepath.Join(dir, "推荐书.xlsx"), result.Workbook, 0o644))
	facts := verbatim(t, filepath.Join(dir, "推荐书.xlsx"))
	return answersOf(t, facts, ""), result
}

func verbatim(t *testing.T, input string) *table.Facts {
	t.Helper()
	b := must.Get(batch())(t)
	sources := must.Get(intake.Discover([]string{input}))(t)
	facts := must.Get(read(context.Background(), sources, Options{Definition: b.d}, normalize.Verbatim))(t)
	return facts[0]
}

func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s: %s became %q, was %q", what, key, got[key], value)
		}
	}
}

func TestWordComesBack(t *testing.T) {
	b := must.Get(batch())(t)
	input, every, least := filepath.Join(samplesDir, "福州"), 2, 2 // printing and reading back takes its time; in CI all are
	if programs.InCI() {
		input, every, least = samplesDir, 1, 15
	}
	printed := must.Get(Word(context.Background(), Options{Definition: b.d, Inputs: []string{input}}))(t)
	facts := verbatim(t, input)
	n := 0
	for i, form := range printed.Forms {
		if form.Data == nil || i%every != 0 {
			continue
		}
		n++
		want := answersOf(t, facts, form.Submission.Submission)
		got, result := transcribe(t, form.Data)
		same(t, form.Submission.Consortium, got, want)
		for _, u := range result.Unplaced {
			if !strings.Contains(u.Why, "逐校填写") && !strings.Contains(u.Why, "没有勾选") {
				t.Errorf("%s: not placed: %+v", form.Submission.Consortium, u)
			}
		}
	}
	if n < least {
		t.Errorf("only %d forms came back", n)
	}
}

// altered changes the main part of a Word file.
func altered(t *testing.T, data []byte, change func(root *etree.Element)) []byte {
	t.Helper()
	zr := must.Get(zip.NewReader(bytes.NewReader(data), int64(len(data))))(t)
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for _, f := range zr.File {
		w := must.Get(zw.Create(f.Name))(t)
		r := must.Get(f.Open())(t)
		content := must.Get(io.ReadAll(r))(t)
		if f.Name == "word/document.xml" {
			doc := etree.NewDocument()
			must.Do(t, doc.ReadFromBytes(content))
			change(doc.Root())
			content = must.Get(doc.WriteToBytes())(t)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	must.Do(t, zw.Close())
	return out.Bytes()
}

// runs lists the runs with text.
func runs(root *etree.Element) (out []*etree.Element) {
	for _, t := range root.FindElements("//w:r/w:t") {
		if !slices.Contains(out, t.Parent()) {
			out = append(out, t.Parent())
		}
	}
	return out
}

// cellWith gives the cell whose text is exactly this.
func cellWith(t *testing.T, root *etree.Element, text string) *etree.Element {
	t.Helper()
	for _, tc := range root.FindElements("//w:tc") {
		if cellText(tc) == text {
			return tc
		}
	}
	t.Fatalf("no cell says %s", text)
	return nil
}

func cellText(tc *etree.Element) string {
	s := ""
	for _, run := range tc.FindElements(".//w:t") {
		s += run.Text()
	}
	return s
}

func element(xml string) *etree.Element {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(`<x xmlns:w="w">` + xml + `</x>`); err != nil {
		panic(err)
	}
	e := doc.Root().ChildElements()[0]
	return e.Copy()
}

func TestAlteredWordReadsTheSame(t *testing.T) {
	f := must.Get(first())(t)
	data := printFixture(t, f).Data
	want, _ := transcribe(t, data)
	if want["employees 0"] != "11860" || want["enterprise_teacher_hours 2023"] != "3426" || want["pledge_date 0"] != "" {
		t.Fatalf("the form reads %v", want)
	}
	for what, change := range map[string]func(*etree.Element){
		"runs split": func(root *etree.Element) {
			for _, run := range runs(root) {
				parent, at := run.Parent(), run.Index()
				parent.RemoveChild(run)
				text := ""
				for _, t := range run.SelectElements("w:t") {
					text += t.Text()
				}
				for _, r := range text {
					piece := element(`<w:r><w:rPr><w:rFonts w:eastAsia="宋体"/><w:b/></w:rPr><w:t xml:space="preserve"></w:t></w:r>`)
					piece.SelectElement("w:t").SetText(string(r))
					parent.InsertChildAt(at, piece)
					at++
				}
			}
		},
		"tracked changes": func(root *etree.Element) {
			cell := cellWith(t, root, "11860")
			p := cell.SelectElement("w:p")
			run := p.SelectElement("w:r")
			p.RemoveChild(run)
			inserted := element(`<w:ins w:id="1" w:author="甲"/>`)
			inserted.AddChild(run)
			p.AddChild(element(`<w:del w:id="2" w:author="甲"><w:r><w:delText>99999</w:delText></w:r></w:del>`))
			p.AddChild(element(`<w:moveFrom w:id="3" w:author="甲"><w:r><w:t>77777</w:t></w:r></w:moveFrom>`))
			p.AddChild(inserted)
		},
		"blanks in labels": func(root *etree.Element) {
			for _, label := range []string{"人员总数", "政府核拨", "共建教材", "推荐意见：", "企业"} {
				for _, run := range runs(root) {
					if text := run.SelectElement("w:t"); text.Text() == label {
						text.SetText(strings.Join(strings.Split(label, ""), " 　"))
					}
				}
			}
		},
		"cells not merged any more": func(root *etree.Element) {
			for _, merge := range root.FindElements("//w:tcPr/w:vMerge") {
				merge.Parent().RemoveChild(merge)
			}
		},
		"controls and hidden text": func(root *etree.Element) {
			p := cellWith(t, root, "钱样例").SelectElement("w:p")
			control := element(`<w:sdt><w:sdtPr/><w:sdtContent/></w:sdt>`)
			for _, run := range p.SelectElements("w:r") {
				p.RemoveChild(run)
				control.SelectElement("w:sdtContent").AddChild(run)
			}
			p.AddChild(control)
			p.AddChild(element(`<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>单击此处输入文字</w:t></w:r></w:sdtContent></w:sdt>`))
			p.AddChild(element(`<w:r><w:rPr><w:vanish/></w:rPr><w:t>看不见</w:t></w:r>`))
		},
		"the cover as paragraphs": func(root *etree.Element) {
			cover := root.FindElements("//w:tbl")[0]
			at := cover.Index()
			body := cover.Parent()
			body.RemoveChild(cover)
			for _, row := range cover.SelectElements("w:tr") {
				cells := row.SelectElements("w:tc")
				p := element(`<w:p><w:r><w:t xml:space="preserve"/></w:r></w:p>`)
				p.FindElement(".//w:t").SetText(strings.Join(strings.Split(cellText(cells[0]), ""), " ") + "    " + cellText(cells[1]) + "      " + cellText(cells[2]))
				body.InsertChildAt(at, p)
				at++
			}
		},
		"names on lines": func(root *etree.Element) {
			for _, run := range runs(root) {
				if text := run.SelectElement("w:t"); strings.Contains(text.Text(), "样例电子工程职业中专学校、") {
					parent := run.Parent()
					parent.RemoveChild(run)
					for i, name := range strings.Split(text.Text(), "、") {
						line := element(`<w:r><w:t/><w:br/></w:r>`)
						line.SelectElement("w:t").SetText(fmt.Sprintf("%d.%s", i+1, name))
						parent.AddChild(line)
					}
				}
			}
		},
		"limits deleted": func(root *etree.Element) {
			for _, run := range runs(root) {
				if text := run.SelectElement("w:t"); strings.HasPrefix(text.Text(), "（不超过") || strings.HasPrefix(text.Text(), "(") {
					text.SetText("")
				}
			}
		},
	} {
		got, result := transcribe(t, altered(t, data, change))
		same(t, what, got, want)
		for _, u := range result.Unplaced {
			if !strings.Contains(u.Why, "逐校填写") {
				t.Errorf("%s: not placed: %+v", what, u)
			}
		}
	}
}

// typedWithPython alters a form as somebody does who fills it in by typing: digits of the other width, a row for each enterprise, an
// answer in several paragraphs, two cells merged, a row deleted.
const typedWithPython = `
import copy, docx, sys
d = docx.Document(sys.argv[1])
def cells(row): return [docx.table._Cell(tc, None) for tc in row._tr.tc_lst]
rows = {"".join(c.text.split()): r for t in reversed(d.tables) for r in t.rows for c in cells(r) if c.text}
def row(label): return cells(rows[label])
def say(cell, text):
    for p in cell.paragraphs[1:]: p._p.getparent().remove(p._p)
    cell.paragraphs[0].text = text
wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
for r in rows.values():
    for c in cells(r):
        if c.text and set(c.text) <= set("0123456789. 人次个课时数月㎡"): say(c, c.text.translate(wide))
*_, count, names = row("企业")
first, *others = names.text.split("、")
say(names, first)
below = rows["企业"]._tr
for other in others:
    added = copy.deepcopy(below); below.addnext(added); below = added
    tcs = [docx.table._Cell(tc, None) for tc in added.tc_lst]
    say(tcs[-1], other); say(tcs[-2], ""); say(tcs[-3], "")
prose = row("产业园区主导产业情况")[-1]
text = prose.paragraphs[-1].text
prose.paragraphs[-1].text = text[:40]
for piece in ("", text[40:]): prose.add_paragraph(piece)
studios = rows["大师工作室数量（个）"].cells
studios[-2].merge(studios[-1])
gone = rows["科研机构"]._tr
gone.getparent().remove(gone)
d.save(sys.argv[2])
`

func TestTypedWordReadsTheSame(t *testing.T) {
	programs.NeedPython(t, "docx")
	f := must.Get(first())(t)
	data := printFixture(t, f).Data
	want, _ := transcribe(t, data)
	dir := t.TempDir()
	from, to := filepath.Join(dir, "一.docx"), filepath.Join(dir, "二.docx")
	must.Do(t, os.WriteFile(from, data, 0o644))
	programs.Run(t, "python3", "-c", typedWithPython, from, to)
	typed := must.Get(os.ReadFile(to))(t)
	got, result := transcribe(t, typed)
	if !strings.Contains(want["research"], "样例") || want["master_studios 2022"] == "" {
		t.Fatalf("the form reads %v", want)
	}
	want["research"], want["master_studios 2022"], want["master_studios 2023"] = "", "", ""
	prose := []rune(want["park_industries 0"])
	want["park_industries 0"] = string(prose[:40]) + " " + string(prose[40:]) // the line end that was typed
	same(t, "typed", got, want)
	var listed []string
	for _, u := range result.Unplaced {
		if !strings.Contains(u.Why, "逐校填写") {
			listed = append(listed, strings.Join(strings.Fields(u.Text), " ")+": "+u.Why)
		}
	}
	if len(listed) != 1 || listed[0] != "２ ３: 认不出是哪个栏目的内容（所在行：大师工作室数量（个））" {
		t.Errorf("not placed: %q", listed)
	}
}

func TestEnrolmentAndPledgeByHand(t *testing.T) {
	f := must.Get(first())(t)
	data := altered(t, printFixture(t, f).Data, func(root *etree.Element) {
		for _, run := range runs(root) {
			text := run.SelectElement("w:t")
			switch {
			case strings.HasPrefix(text.Text(), "样例海川职业技术学院、"):
				text.SetText("样例海川职业技术学院（12832人）、样例云讯职业技术学院（在校生6797）")
			case strings.TrimSpace(text.Text()) == "年　　　月　　　日":
				text.SetText("2024 年 7 月 29 日")
			case text.Text() == "负责人签字":
				text.SetText("负责人签字：某某")
			}
		}
	})
	got, result := transcribe(t, data)
	if got["vocational"] != "样例海川职业技术学院 true、样例云讯职业技术学院 false" {
		t.Errorf("the members are %s", got["vocational"])
	}
	var enrolments []float64
	path := filepath.Join(t.TempDir(), "一.xlsx")
	must.Do(t, os.WriteFile(path, result.Workbook, 0o644))
	facts := verbatim(t, path)
	for form := range facts.Forms {
		for _, m := range form.Members {
			if m.Kind == "vocational" {
				enrolments = append(enrolments, m.Enrolment.V)
			}
		}
		for _, field := range []string{"pledge_date", "city_opinion_date"} {
			if date := form.Figure(field).Text; date != "2024-07-29" {
				t.Errorf("%s is %q", field, date)
			}
		}
	}
	if !slices.Equal(enrolments, []float64{12832, 6797}) {
		t.Errorf("the enrolments are %v", enrolments)
	}
	if !slices.ContainsFunc(result.Unplaced, func(u wordform.Unplaced) bool { return strings.Contains(u.Text, "某某") }) {
		t.Error("the signature vanished")
	}
}

func TestNothingOfAWordFormVanishes(t *testing.T) {
	f := must.Get(first())(t)
	data := altered(t, printFixture(t, f).Data, func(root *etree.Element) {
		for _, run := range runs(root) {
			text := run.SelectElement("w:t")
			switch text.Text() {
			case "共建专业":
				text.SetText("合作专业") // a label nobody knows
			case "41.9/445.5":
				text.SetText("41.9")
			case "118 人":
				text.SetText("约120人")
			case "2270":
				text.SetText("详见附件")
			}
		}
		body := root.SelectElement("w:body")
		body.InsertChildAt(1, element(`<w:p><w:r><w:t>封面上多写的一句</w:t></w:r></w:p>`))
		row := cellWith(t, root, "2024年").Parent()
		for _, tc := range row.SelectElements("w:tc") {
			if text := tc.FindElement(".//w:t"); text != nil && strings.HasPrefix(text.Text(), "202") {
				text.SetText(strings.Replace(text.Text(), "202", "201", 1)) // another year's form
			}
		}
	})
	got, result := transcribe(t, data)
	listed := ""
	for _, u := range result.Unplaced {
		listed += fmt.Sprintf("%s %s: %s\n", u.Place, u.Text, u.Why)
	}
	for _, want := range []string{"合作专业", "7 个", "41.9", "封面上多写的一句", "2014年: 这一部分的表头不是本批次的年度", "860: 认不出", "7 个: 认不出是哪个栏目的内容（所在行：合作专业）"} {
		if !strings.Contains(listed, want) {
			t.Errorf("%q vanished; listed are\n%s", want, listed)
		}
	}
	if got["shared_programmes 2022"] != "" || got["funding_total 2024"] != "" {
		t.Errorf("values were guessed: %v", got)
	}
	if got["apprentices 2022"] != "120" || got["skill_certifications 2022"] != "详见附件" {
		t.Errorf("apprentices %s, certifications %s", got["apprentices 2022"], got["skill_certifications 2022"])
	}
	if !slices.Contains(result.Doubtful, TranscribedValue{"2022年技能鉴定量", "详见附件", ""}) ||
		!slices.ContainsFunc(result.Doubtful, func(x TranscribedValue) bool {
			return x.Name == "2022年中国特色学徒制培养" && x.Read == "120"
		}) {
		t.Errorf("to be looked at are %v", result.Doubtful)
	}
}

func TestWhatIsNoWordFormIsRefused(t *testing.T) {
	b := must.Get(batch())(t)
	f := must.Get(first())(t)
	data := printFixture(t, f).Data
	workbook := must.Get(f.Workbook(b.d))(t)
	flipped := bytes.Clone(data)
	flipped[bytes.Index(flipped, []byte("word/document.xml"))+400] ^= 1
	deep := altered(t, data, func(root *etree.Element) {
		for e, n := root.SelectElement("w:body"), 0; n < 100; n++ {
			inner := etree.NewElement("w:sdt")
			e.AddChild(inner)
			e = inner
		}
	})
	for what, c := range map[string]struct {
		data []byte
		code string
	}{
		"nothing":        {nil, intake.CodeEmpty},
		"an old one":     {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...), intake.CodeIncomplete},
		"a PDF":          {[]byte("%PDF-1.4"), intake.CodeNotWord},
		"a page":         {[]byte("<html><body>推荐书</body></html>"), intake.CodeNotWord},
		"a workbook":     {workbook, intake.CodeNotWord},
		"cut off":        {data[:len(data)/2], intake.CodeIncomplete},
		"a flipped bit":  {flipped, intake.CodeDamaged},
		"too deep":       {deep, intake.CodeDamaged},
		"another paper":  {altered(t, data, func(root *etree.Element) { root.SelectElement("w:body").Child = nil }), intake.CodeNotWordForm},
		"with a DOCTYPE": {withDoctype(t, data), intake.CodeDamaged},
	} {
		_, result := transcribe(t, c.data)
		if result.Workbook != nil || result.File.Code != c.code || result.File.Cure == "" {
			t.Errorf("%s: %s %s", what, result.File.Code, result.File.Reason)
		}
	}
}

func withDoctype(t *testing.T, data []byte) []byte {
	return altered(t, data, func(root *etree.Element) {
		root.Parent().InsertChildAt(0, etree.NewDirective(`DOCTYPE x [<!ENTITY a "b">]`))
	})
}

func TestLibreOfficeCopyReadsTheSame(t *testing.T) {
	programs.OnlyInCI(t)
	programs.Need(t, "soffice", "--version")
	f := must.Get(first())(t)
	data := printFixture(t, f).Data
	want, _ := transcribe(t, data)
	dir := t.TempDir()
	path := filepath.Join(dir, "form.docx")
	must.Do(t, os.WriteFile(path, data, 0o644))
	profile := "-env:UserInstallation=file://" + filepath.ToSlash(dir) + "/profile"
	if out, err := exec.Command("soffice", profile, "--headless", "--convert-to", "docx:MS Word 2007 XML", "--outdir", filepath.Join(dir, "saved"), path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	saved, err := os.ReadFile(filepath.Join(dir, "saved", "form.docx"))
	if err != nil || bytes.Equal(saved, data) {
		t.Fatal("LibreOffice saved no copy of its own: ", err)
	}
	got, _ := transcribe(t, saved)
	same(t, "saved by LibreOffice", got, want)
}

// Requirements
//  1. The heading says which year a column is, whatever order the years stand in.
//  2. An answer typed into the cell of its label is listed; a dash is said to have become 不适用, which it has.
//  3. A cover of 30,000 characters, or a cell that reaches down through many rows, is read in the time of a blink.
func TestWordIsReadByItsHeadings(t *testing.T) {
	f := must.Get(first())(t)
	data := printFixture(t, f).Data
	want, _ := transcribe(t, data)
	long := strings.Repeat("说明文字，", 6000)
	got, result := transcribe(t, altered(t, data, func(root *etree.Element) {
		headings := 0
		for _, run := range runs(root) {
			switch text := run.SelectElement("w:t"); text.Text() {
			case "2022年":
				text.SetText("2023年")
				headings++
			case "2023年":
				text.SetText("2022年")
				headings++
			case "118 人":
				text.SetText("——")
			case "企业职工总数（人）":
				text.SetText("企业职工总数（人）：11860")
			case "11860":
				text.SetText("")
			}
		}
		if headings < 4 {
			t.Fatalf("%d headings changed places", headings)
		}
		root.SelectElement("w:body").InsertChildAt(1, element(`<w:p><w:r><w:t>`+long+`</w:t></w:r></w:p>`))
	}))
	for slot, value := range want {
		field, year, _ := strings.Cut(slot, " ")
		if other := map[string]string{"2022": "2023", "2023": "2022"}[year]; other != "" && want[field+" "+other] != "" && field != "apprentices" && got[field+" "+other] != value {
			t.Errorf("%s of %s is %q, want %q", field, other, got[field+" "+other], value)
		}
	}
	listed := ""
	for _, u := range result.Unplaced {
		listed += fmt.Sprintf("%s: %s\n", u.Text, u.Why)
	}
	if !strings.Contains(listed, "：11860: 内容写在栏目名称的格子里") || !strings.Contains(listed, "说明文字，") {
		t.Errorf("listed are\n%.2000s", listed)
	}
	if !slices.Contains(result.Doubtful, TranscribedValue{"2023年中国特色学徒制培养", "——", "不适用"}) {
		t.Errorf("to be looked at are %v", result.Doubtful)
	}
}
