package pipeline

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"lianheti/samples"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/blankform"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/beevik/etree"
)

// Requirements
//  1. The Word form prints every label, note and limit of the official document, in its order, with the footnotes where it has
//     them, and no wording of its own; python-docx reads the same, set in 仿宋_GB2312 小四, lines exactly 16 points apart.
//  2. Every answer stands in the row of its label, with the unit that the form prints in the cell; 不适用 and unreadable
//     answers are printed as such; seals, signatures and their dates stay blank.
//  3. A text over its limit is refused with the count; the others go on.
//  4. The same workbook gives the same bytes.
//  5. The check code depends on all that the official form asks for, on every member and on the supplementary figures, and on nobody's name
//     or phone. Codes of before are known to be old.
//  6. LibreOffice lays it out as pages.

// wordOf prints the Word forms of workbooks.
func wordOf(t *testing.T, workbooks map[string][]byte) *Printed {
	t.Helper()
	b := must.Get(batch())(t)
	dir := t.TempDir()
	for name, data := range workbooks {
		must.Do(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	printed := must.Get(Word(context.Background(), Options{Definition: b.d, Inputs: []string{dir}}))(t)
	return printed
}

// wordText gives the paragraphs of a part of a Word file, in order, a * for the mark of a footnote.
func wordText(t *testing.T, data []byte, part string) []string {
	t.Helper()
	var out []string
	var walk func(*etree.Element)
	walk = func(e *etree.Element) {
		switch e.FullTag() {
		case "w:p":
			out = append(out, "")
		case "w:br":
			out = append(out, "")
		case "w:t":
			out[len(out)-1] += e.Text()
		case "w:footnoteReference":
			out[len(out)-1] += "*"
		}
		for _, child := range e.ChildElements() {
			walk(child)
		}
	}
	walk(wordPart(t, data, part))
	return out
}

func wordPart(t *testing.T, data []byte, part string) *etree.Element {
	t.Helper()
	zr := must.Get(zip.NewReader(bytes.NewReader(data), int64(len(data))))(t)
	f := must.Get(zr.Open(part))(t)
	defer f.Close()
	content := must.Get(io.ReadAll(f))(t)
	doc := etree.NewDocument()
	must.Do(t, doc.ReadFromBytes(content))
	return doc.Root()
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// How the text of the official document shows footnotes, and the number of one that was typed behind a word.
var (
	footnoteText = regexp.MustCompile(`(?s)\[footnoteRef:\d+\] \[\d+: *(.*?)\]`)
	footnoteMark = regexp.MustCompile(`(?m)([年）])\d$`)
	ownNumber    = regexp.MustCompile(`^\d(\s|规|限)`)
	pageNumber   = regexp.MustCompile(`^\d+$`)
	farApart     = regexp.MustCompile(`[\n\t]|[ ]{8,}`) // cells, lines, and where a seal goes
)

// official lists what the official form prints, cell by cell and line by line, a * where a footnote belongs; and its footnotes.
func official(t *testing.T) (form, notes []string) {
	t.Helper()
	data := must.Get(os.ReadFile("testdata/附件3.txt"))(t)
	text := string(data)
	for _, found := range footnoteText.FindAllStringSubmatch(text, -1) {
		for line := range strings.SplitSeq(found[1], "\n") {
			notes = append(notes, squeeze(ownNumber.ReplaceAllString(strings.TrimSpace(line), "$1")))
		}
	}
	text = footnoteMark.ReplaceAllString(footnoteText.ReplaceAllString(text, "*"), "$1*")
	// The first table floats: the text has its heading behind it.
	const heading, below = "\n1.联合体概况\n", " \t联合体名称"
	text = strings.Replace(strings.Replace(text, heading, "\n", 1), below, heading+below, 1)
	for _, piece := range farApart.Split(text, -1) {
		if piece = squeeze(piece); piece != "" && !pageNumber.MatchString(piece) {
			form = append(form, piece)
		}
	}
	return form, notes
}

func TestWordPrintsTheOfficialForm(t *testing.T) {
	d := must.Get(templates.Load(2024))(t)
	var blank bytes.Buffer
	must.Do(t, blankform.Template(&blank, d))
	data := wordOf(t, map[string][]byte{"空白.xlsx": blank.Bytes()}).Forms[0].Data
	form, notes := official(t)
	if len(form) != 159 || len(notes) != 4 {
		t.Fatalf("the official form has %d pieces and %d notes", len(form), len(notes))
	}
	samePieces(t, wordText(t, data, "word/document.xml"), form)
	samePieces(t, wordText(t, data, "word/footnotes.xml"), notes)
	t.Run("python-docx", func(t *testing.T) { readByPython(t, data, form) })
}

// samePieces demands that a Word form prints exactly the pieces of the official one, in their order.
func samePieces(t *testing.T, printed, official []string) {
	t.Helper()
	var got []string
	for _, p := range printed {
		if p = squeeze(p); p != "" {
			got = append(got, p)
		}
	}
	for i, want := range official {
		if i == len(got) || got[i] != want {
			t.Errorf("behind %q the official form prints %q, the Word form %q", official[max(0, i-2):i], want, got[min(i, len(got)):min(i+2, len(got))])
			return
		}
	}
	if len(got) > len(official) {
		t.Errorf("the Word form prints what the official form does not: %q", got[len(official):])
	}
}

// readingByPython prints the texts of a Word form as python-docx sees them, cells once however many rows and columns they
// cover, and how it is set.
const readingByPython = `
import docx, json, sys
d = docx.Document(sys.argv[1])
texts, spacing, seen = [], set(), []
def take(p, of_form):
    s = "".join("*" if r.tag.endswith("}footnoteReference") else r.text or "\n" for r in p._p.xpath(".//w:t|.//w:br|.//w:footnoteReference"))
    texts.extend(s.split("\n"))
    f = p.paragraph_format.line_spacing or p.style.paragraph_format.line_spacing
    rule = p.paragraph_format.line_spacing_rule or p.style.paragraph_format.line_spacing_rule
    if of_form: spacing.add("%s %g" % (rule, f.pt))
tables = 0
for block in d.iter_inner_content():
    if not hasattr(block, "rows"):
        take(block, False)
        continue
    tables += 1
    for row in block.rows:
        for cell in row.cells:
            if cell._tc in seen: continue
            seen.append(cell._tc)
            for p in cell.paragraphs: take(p, tables > 1)
page = d.sections[-1]
default = d.styles.element.xpath("w:docDefaults//w:rFonts/@w:eastAsia")
print(json.dumps({"texts": texts, "set": [default[0], d.styles["Normal"].font.size.pt, sorted(spacing)],
    "paper": [round(page.page_width.mm), round(page.page_height.mm), page.left_margin.mm > page.right_margin.mm, d.settings.element.find(docx.oxml.ns.qn("w:mirrorMargins")) is not None]}))
`

// readByPython demands that python-docx reads the same form, set and on paper as its notes 4 and 5 ask.
func readByPython(t *testing.T, data []byte, form []string) {
	programs.NeedPython(t, "docx")
	path := filepath.Join(t.TempDir(), "form.docx")
	must.Do(t, os.WriteFile(path, data, 0o644))
	var seen struct {
		Texts      []string
		Set, Paper []any
	}
	must.Do(t, json.Unmarshal([]byte(programs.Run(t, "python3", "-c", readingByPython, path)), &seen))
	samePieces(t, seen.Texts, form)
	if got := fmt.Sprint(seen.Set, seen.Paper); got != "[仿宋_GB2312 12 [EXACTLY (4) 16]] [210 297 true true]" {
		t.Errorf("the form is set in %s", got)
	}
}

// first is the first sample, printed once for all tests.
var first = sync.OnceValues(func() (f samples.Fixture, err error) {
	b, err := batch()
	if err != nil {
		return f, err
	}
	return b.fixtures[0], nil
})

func printFixture(t *testing.T, f samples.Fixture) PrintedForm {
	t.Helper()
	b := must.Get(batch())(t)
	data := must.Get(f.Workbook(b.d))(t)
	return wordOf(t, map[string][]byte{"一.xlsx": data}).Forms[0]
}

// changed gives a fixture with one answer changed.
func changed(f samples.Fixture, field string, value any) samples.Fixture {
	f.Values = maps.Clone(f.Values)
	f.Values[field] = value
	return f
}

func TestWordPrintsEveryAnswer(t *testing.T) {
	f := must.Get(first())(t)
	f = changed(changed(f, "skill_certifications", map[string]any{"2022": "不适用", "2023": 2515}), "master_studios", map[string]any{"2022": "见附表", "2023": nil})
	form := printFixture(t, f)
	var rows []string
	var walk func(*etree.Element)
	walk = func(e *etree.Element) {
		if e.FullTag() == "w:tr" {
			var cells []string
			for _, tc := range e.SelectElements("w:tc") {
				text := ""
				for _, run := range tc.FindElements(".//w:t") {
					text += run.Text()
				}
				cells = append(cells, text)
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
		for _, child := range e.ChildElements() {
			walk(child)
		}
	}
	walk(wordPart(t, form.Data, "word/document.xml"))
	all := strings.Join(rows, "\n")
	for _, want := range []string{
		"依托园区|福州经济技术开发区|（公章）", "填表日期|2024年7月28日|", "（拟）成立时间|2023年5月14日", "联合体负责人|样例乙|职务及联系方式|园区管委会主任（样例），0591-00001201",
		"固定办公面积|260 ㎡|联系电话|0591-00001301", "人员总数|6|专职人数|3|兼职人数|3", "人员姓名|李样例、周样例、吴样例、郑样例、王样例、冯样例",
		"中职学校|3（4795）|样例电子工程职业中专学校、样例华睿工业学校、样例瑞讯技工学校", "政府部门|3|福州市教育局（样例）", "860|920|1000", "牵头单位负担|260",
		"共建专业|7 个|7 个", "企业兼职教师|92 人次|107 人次", "||2957 课时数|3426 课时数", "教师企业实践|116 人月|133 人月", "中国特色学徒制培养|118 人|164 人",
		"的成果转化率（％）/到账经费（万元）|41.9/445.5|43.8/534.3", "技能鉴定量（人次）|不适用|2515", "大师工作室数量（个）|见附表|", "2022年企业销售总额（万元）|1499669.2",
		"教师教学团队获国家级奖励情况|（不超过100字）【样例】2023年入选", "☑ 产教联合体各成员单位近3年内", "并接受处理。负责人签字公章　　　年　　　月　　　日", "推荐意见：该联合体聚焦物联网产业链",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no row holds %q", want)
		}
	}
	if t.Failed() {
		t.Log(all)
	}
	footer := strings.Join(wordText(t, form.Data, "word/footer2.xml"), "")
	if !strings.Contains(footer, form.CheckCode) || len(form.CheckCode) != 22 {
		t.Errorf("the footer says %q, the code is %s", footer, form.CheckCode)
	}
	if unconfirmed := strings.Join(wordText(t, printFixture(t, changed(f, "no_violation", "☐")).Data, "word/document.xml"), ""); !strings.Contains(unconfirmed, "☐ 产教联合体各成员单位") {
		t.Error("a declaration that was not confirmed is printed as one that was")
	}
	const said = "请与样例乙（13900005678）联系。"
	if named := strings.Join(wordText(t, printFixture(t, changed(f, "plan", said)).Data, "word/document.xml"), ""); !strings.Contains(named, said) {
		t.Error("the filler's own form hides what the filler wrote")
	}
	if again := printFixture(t, f); !bytes.Equal(again.Data, form.Data) {
		t.Error("printed twice, the form differs")
	}
}

func TestCheckCodeIsOfWhatIsPrinted(t *testing.T) {
	f := must.Get(first())(t)
	code := printFixture(t, f).CheckCode
	unseen := f // all at once: printing takes its time
	for field, value := range map[string]any{
		"head_name": "别人", "office_phone": "0591-00009999", "staff_names": "甲样例、乙样例", // personal
		"edition":   2,        // not of the form
		"employees": "11,860", // the same value
	} {
		unseen = changed(unseen, field, value)
	}
	if got := printFixture(t, unseen).CheckCode; got != code {
		t.Error("personal data, what is not printed, or the same value in another spelling changes the code")
	}
	for field, value := range map[string]any{
		"employees": 11861, "park": "福州新区", "no_violation": "☐", "features": "另一段", "city_opinion": "不推荐", "funding_total": map[string]any{"2024": 860, "2025": 921, "2026": 1000},
		"pledge_date": map[string]any{"date": "2024-08-01"}, "established_on": map[string]any{"date": "2023-05-15"}, "demand_reports": map[string]any{"2022": "不适用", "2023": 3},
	} {
		if got := printFixture(t, changed(f, field, value)).CheckCode; got == code {
			t.Errorf("%s does not change the code", field)
		}
	}
	g := f
	g.Lists = maps.Clone(f.Lists)
	g.Lists["members"] = f.Lists["members"][:len(f.Lists["members"])-1]
	if printFixture(t, g).CheckCode == code {
		t.Error("a member less does not change the code")
	}
	for paper, want := range map[string]string{code: "相同", " " + strings.ToLower(code): "相同", strings.TrimPrefix(code, "V2-"): "旧版校验码",
		code[:len(code)-1] + "Z": "不同", "闽教职成": "不是校验码"} {
		if got := table.CompareCode(paper, code); !strings.HasPrefix(got, want) && !strings.Contains(got, want) {
			t.Errorf("%q: %s", paper, got)
		}
	}
}

func TestWordRefusesLongTexts(t *testing.T) {
	f := must.Get(first())(t)
	b, _ := batch()
	sound := must.Get(f.Workbook(b.d))(t)
	long := changed(b.fixtures[1], "team_awards", strings.Repeat("奖", 101))
	data := must.Get(long.Workbook(b.d))(t)
	printed := wordOf(t, map[string][]byte{"一.xlsx": sound, "二.xlsx": data})
	if len(printed.Forms) != 2 || printed.Forms[0].Data == nil || len(printed.Forms[0].TooLong) != 0 {
		t.Fatalf("the sound one was not printed: %+v", printed.Forms)
	}
	refused := printed.Forms[1]
	if refused.Data != nil || len(refused.TooLong) != 1 || !strings.Contains(refused.TooLong[0].Message, "101字，限100字") || !printed.Refused() {
		t.Errorf("refused with %+v", refused.TooLong)
	}
}

func TestWordLaysOutAsPages(t *testing.T) {
	programs.Need(t, "pdftotext", "-v")
	b := must.Get(batch())(t)
	dir := t.TempDir()
	var paths []string
	forms := map[string]PrintedForm{}
	for _, f := range b.fixtures {
		// In the second the years of the funding stand at the foot of a page, where LibreOffice would leave their footnote for the next.
		if name := fmt.Sprint(f.Values["consortium"]); len(forms) == 0 || name == "宁德新能源汽车产业产教联合体" {
			path := filepath.Join(dir, name+".docx")
			forms[name], paths = printFixture(t, f), append(paths, path)
			must.Do(t, os.WriteFile(path, forms[name].Data, 0o644))
		}
	}
	if len(forms) != 2 {
		t.Fatalf("%d forms", len(forms))
	}
	out := programs.Convert(t, "pdf", paths...)
	for name, form := range forms {
		shown := programs.Run(t, "pdftotext", "-layout", filepath.Join(out, name+".pdf"), "-")
		t.Run(name, func(t *testing.T) { pagesOfForm(t, form, strings.Split(strings.TrimRight(shown, "\f"), "\f")) })
	}
}

func pagesOfForm(t *testing.T, form PrintedForm, pages []string) {
	begins := func(page int, what string) {
		t.Helper()
		if page >= len(pages) || !strings.HasPrefix(squeeze(pages[page]), what) {
			t.Errorf("page %d does not begin with %s", page+1, what)
		}
	}
	begins(0, "附件3福建省市域产教联合体推荐书")
	begins(1, "说明一、")
	begins(2, "1.联合体概况")
	begins(len(pages)-2, "5.申报承诺")
	begins(len(pages)-1, "附表（省厅补充采集）")
	for i, page := range pages {
		if !strings.Contains(page, form.CheckCode) {
			t.Errorf("page %d has no check code", i+1)
		}
		if i > 1 && !strings.Contains(squeeze(page), "—"+string(rune('0'+i-1))+"—") {
			t.Errorf("page %d has no number", i+1)
		}
	}
	if len(pages) < 9 || len(pages) > 12 {
		t.Errorf("%d pages", len(pages))
	}
	// Every page shows the notes of its own labels.
	for label, note := range map[string]string{
		"职务及联系方式": "联合体负责人指所在产业园区管委会负责同志。", "2025年2026年": "2024—2026年填写承诺建成数据，下同。",
		"规模以上企业数（个）": "1规模以上工业：指年主营业务收入在2000万元及以上的工业企业。", "限额以上企业数（个）": "④餐饮业：年主营业务收入200万元以上。",
	} {
		at := slices.IndexFunc(pages, func(page string) bool { return strings.Contains(squeeze(page), label) })
		if at < 0 || !strings.Contains(squeeze(pages[at]), note) {
			t.Errorf("the page of %s does not show %s", label, note)
		}
	}
}
