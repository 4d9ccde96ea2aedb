package pipeline

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/pipeline/publish"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. Text is only text. What is typed into any field of a submission, into marks, the register, names of files and sheets, or cells
//     outside the form reaches every workbook and every Word file that is written as text: no formula, link, name, rule or field holds
//     any of it, and every part is well-formed XML.
//  2. It arrives as it was typed: no writer takes _x003D_ for the sign that it would mean.

// plants are what somebody might type to make another's program do something. Each has a word of its own, so that it is known again.
var plants = []string{
	`=HYPERLINK("http://植入01.example/","看")`, `+植入02|' /C calc'!A0`, `-植入03+1`, `@SUM(植入04)`, "\t=植入05", `http://植入06.example/`,
	`</t></is></c><c><f>植入07</f></c>`, `]]>植入08&amp;<!-- "'`, `_x003D_植入09`, `_x000D__x000A_植入10`, "植入11\x01\x0b\x1f", `'=植入12`, `{=植入13}`,
	`<w:fldSimple w:instr="植入14"/>`, "=植入15\r\n=1", "\u202e植入16\ufffe", `=cmd|'/C calc'!植入17`, `_x005F_x003D_植入18`, `&#61;植入19`, `file:///植入20`,
}

// planter types the plants in turn.
type planter struct {
	t *testing.T
	n int
}

func (p *planter) next() string {
	p.n++
	s := plants[p.n%len(plants)]
	if strings.Contains(s, "_x") {
		return book.EscapedText(s)
	}
	return s
}

// workbook is a sample with plants in every text of it, before what stood there; everywhere: in every cell that can be typed into.
func (p *planter) workbook(path string, d *templates.Definition, everywhere bool) []byte {
	p.t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	set := func(sheet string, row, col int, field *templates.Field) {
		at := model.CellName(row, col)
		was, err := f.GetCellValue(sheet, at)
		if err != nil {
			p.t.Fatal(err)
		}
		names := slices.Contains([]string{"lead_school", "lead_enterprise"}, field.ID) || field.Type == templates.NamesField // must agree with others
		free := field.Type == templates.TextField || field.Type == templates.ProseField || field.Personal
		if field.Locked || !everywhere && (!free || was == "" || names) {
			return
		}
		if err := f.SetCellStr(sheet, at, p.next()+was); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, s := range d.Layout().Sheets {
		for _, slot := range s.Slots {
			set(s.Sheet.Title, slot.Row, slot.Col, slot.Field)
		}
		for _, area := range s.Records {
			for row := area.FirstRow; row < area.FirstRow+3; row++ {
				for _, c := range area.Columns {
					set(s.Sheet.Title, row, c.Col, c.Field)
				}
			}
		}
	}
	const extra = "=1+1'@"
	if _, err := f.NewSheet(extra); err != nil {
		p.t.Fatal(err)
	}
	for i, s := range plants {
		if err := errors.Join(f.SetCellStr(extra, model.CellName(i+1, 1), p.next()), f.AddComment(d.Layout().Sheets[0].Sheet.Title, excelize.Comment{Cell: model.CellName(100+i, 20), Author: "x", Text: s})); err != nil {
			p.t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		p.t.Fatal(err)
	}
	return b.Bytes()
}

func TestTextIsOnlyText(t *testing.T) {
	programs.OnlyInCI(t) // every command over planted texts
	b := must.Get(batch())(t)
	d := b.d
	p := &planter{t: t}
	in, dir := t.TempDir(), t.TempDir()
	for i := range 4 {
		path := filepath.Join(samplesDir, filepath.FromSlash(b.facts.Submissions.Row(i).File))
		put(t, filepath.Join(in, "福州"), fmt.Sprintf("=植入%d@.xlsx", i), string(p.workbook(path, d, i == 3)))
	}
	put(t, in, "@植入坏.xlsx", "<html>植入")
	o := Options{Definition: d, Inputs: []string{in}, Out: filepath.Join(dir, "评分"), Count: 2}
	o.Score.Draws = 20
	made := must.Get(Experts(context.Background(), o))(t)
	if _, err := publish.WriteFiles(made.Files, false); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		fill(t, expertFile(o.Out, n+1), func(c place) any {
			if c.use == "mark" {
				return 70 + n
			}
			return p.next()
		})
	}
	o.Marks, o.Out = o.Out, filepath.Join(dir, "结果")
	o.Register = typed(t, map[string]string{"目录调整!A4": "三明市氟化工产教联合体", "目录调整!B4": "三明", "目录调整!C4": "三明高新技术产业开发区金沙园", "目录调整!F4": "同意", "目录调整!G4": plants[0], "目录调整!H4": "2024-08-01", "逾期补报!A4": "@SUM(植入04)", "逾期补报!B4": plants[6], "逾期补报!C4": "2024-08-20",
		"材料收讫!A4": "三明市氟化工产教联合体", "材料收讫!B4": "2024-08-14", "已入选!A4": book.EscapedText(plants[8]), "已入选!B4": plants[1]})
	o.Previous = must.Get(published())(t)
	if _, err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(context.Background(), Options{Definition: d, Inputs: []string{in}, Annotate: filepath.Join(dir, "自检")}); err != nil {
		t.Fatal(err)
	}
	printed, err := Word(context.Background(), Options{Definition: d, Inputs: []string{in}})
	if err != nil || len(printed.Forms) == 0 {
		t.Fatal("no Word forms", err)
	}
	for i, form := range printed.Forms {
		if form.Data == nil { // a text is too long
			continue
		}
		name := fmt.Sprintf("%d.docx", i)
		put(t, filepath.Join(dir, "推荐书"), name, string(form.Data))
		back, err := FromWord(d, filepath.Join(dir, "推荐书", name))
		if err != nil || back.Workbook == nil {
			t.Fatalf("%s: %v %s", name, err, back.File.Reason)
		}
		put(t, filepath.Join(dir, "搬回"), fmt.Sprintf("%d.xlsx", i), string(back.Workbook))
	}
	looked := map[string]int{}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".xlsx" && ext != ".docx" {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		texts := alive(t, rel, path)
		kind, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		looked[kind+filepath.Ext(path)] += strings.Count(texts, "植入")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"结果.xlsx", "结果.docx", "评分.xlsx", "自检.xlsx", "推荐书.docx", "搬回.xlsx"} {
		if looked[kind] < 3 {
			t.Errorf("%s: what was planted did not arrive (%d times)", kind, looked[kind])
		}
	}
	asTyped(t, filepath.Join(dir, "结果", "2024", "省级汇总.xlsx"), filepath.Join(dir, "结果", "2024", "附录.xlsx"))
}

// alive fails where a file holds anything planted as something else than text, and gives its texts.
func alive(t *testing.T, name, path string) string {
	t.Helper()
	zr, err := zip.OpenReader(path)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer zr.Close()
	var texts strings.Builder
	for _, part := range zr.File {
		if ext := filepath.Ext(part.Name); ext != ".xml" && ext != ".rels" && ext != ".vml" {
			continue
		}
		r := must.Get(part.Open())(t)
		d := xml.NewDecoder(r)
		element := ""
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Errorf("%s %s is no XML: %v", name, part.Name, err)
				break
			}
			switch x := token.(type) {
			case xml.StartElement:
				element = x.Name.Local
				for _, a := range x.Attr {
					heads := element == "tableColumn" && a.Name.Local == "name" // the text of the head cell again
					if strings.Contains(a.Value, "植入") && !heads && !(element == "Relationship" && isFile(filepath.Dir(path), a.Value)) {
						t.Errorf("%s %s: <%s %s=%q>", name, part.Name, element, a.Name.Local, a.Value)
					}
				}
			case xml.EndElement:
				element = ""
			case xml.CharData:
				if !strings.Contains(string(x), "植入") {
					continue
				}
				if slices.Contains([]string{"t", "v", "title", "author"}, element) {
					texts.Write(x)
					continue
				}
				t.Errorf("%s %s: <%s> holds %q", name, part.Name, element, x)
			}
		}
		_ = r.Close()
	}
	return texts.String()
}

// isFile says whether a link leads to a file that was written, seen from the workbook: links to copies carry their names.
func isFile(dir, target string) bool {
	target, _, _ = strings.Cut(target, "#")
	if plain, err := url.PathUnescape(target); err == nil {
		target = plain
	}
	_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(target)))
	return err == nil && filepath.IsLocal(target)
}

// asTyped fails where a workbook shows a plant otherwise than it was typed, but for what no office file can hold.
func asTyped(t *testing.T, paths ...string) {
	t.Helper()
	sources := must.Get(intake.Discover(paths))(t)
	var cells []model.Cell
	for _, s := range sources {
		file, read := intake.ReadCells(s)
		if file.Fate != model.Accepted {
			t.Fatal(file)
		}
		cells = append(cells, read...)
	}
	seen := map[string]bool{}
	for _, c := range cells {
		for _, plant := range plants {
			plant = strings.TrimSpace(text.Legible(plant))
			at := strings.Index(plant, "植入")
			word := plant[at : at+len("植入00")]
			if !strings.Contains(c.Raw, word) {
				continue
			}
			if c.Formula != "" && !strings.Contains(c.Raw, plant) {
				t.Errorf("%s: a formula shows %q", c.Place, c.Raw)
			}
			if strings.Contains(c.Raw, plant) {
				seen[plant] = true
			}
			for _, wrong := range []string{"=植入09", "\r\n植入10", "_x003D_植入18", "=植入19"} {
				if strings.Contains(c.Raw, wrong) && strings.Contains(wrong, word) && !strings.Contains(plant, wrong) {
					t.Errorf("%s shows %q for what was typed as %q", c.Place, c.Raw, plant)
				}
			}
		}
	}
	if len(seen) < len(plants)-2 {
		for _, plant := range plants {
			if plant = strings.TrimSpace(text.Legible(plant)); !seen[plant] {
				t.Errorf("%q is nowhere as it was typed", plant)
			}
		}
	}
}
