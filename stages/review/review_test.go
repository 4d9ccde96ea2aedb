package review

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"lianheti/samples/programs"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/normalize"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. One file of at most 3 MB that refers to nothing outside itself; its policy allows the script and the style that are in it, by
//     their hashes, and nothing else. The same run gives the same bytes.
//  2. No contact, no expert and nothing that looks like a phone is in it; the data root and what is known are.
//  3. Before all marks are in it has no word of a line, of how firm or likely a place is, nor of advice; weights can't be tried there, nor
//     in a copy for a meeting, unless somebody asks for it.
//  4. Of many submissions it shows sixty around the line.
//  5. Advice is read only where it is whole and speaks of the previous run; it is what opinions.schema.json describes.
//  6. In a browser: every view without an error, a request or a letter below 18 pt; totals and ranks under other weights are the engine's;
//     what somebody typed is never markup.

const root = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// samples are read and checked once.
var samples = sync.OnceValues(func() (Input, error) {
	d, err := templates.Load(templates.Years()[0])
	if err != nil {
		return Input{}, err
	}
	sources, err := intake.Discover([]string{fmt.Sprintf("../../samples/%d", d.Year)})
	if err != nil {
		return Input{}, err
	}
	batch := normalize.NewBatch(d)
	for _, s := range sources {
		batch.Add(normalize.Workbook(d, intake.Read(d, s)))
	}
	in := Input{Publication: table.Publication{Round: table.Round{Facts: batch.Facts()}, DataRoot: root,
		Returns: map[string]string{}}}
	in.Judgement, err = check.Run(in.Facts, check.Known{})
	for s := range in.Facts.Submissions.All() {
		in.Returns[s.Submission] = "退回/" + s.City + "/" + filepath.Base(s.File)
	}
	return in, err
})

// known holds what standing gave: scoring takes its time.
var known = map[bool]Input{}

// standing is the page's input with or without marks.
func standing(t *testing.T, marked bool) Input {
	t.Helper()
	if in, ok := known[marked]; ok {
		return in
	}
	in, err := samples()
	if err != nil {
		t.Fatal(err)
	}
	if marked {
		in.Marking.Marks = marks(in, "评语 13800138000 </script>")
	}
	in.Ranking = rank(t, in, nil)
	in.Standing = table.Standing{State: in.Ranking.State(), Waiting: in.Ranking.Waiting()}
	known[marked] = in
	return in
}

func rank(t *testing.T, in Input, kept []table.Scale) *table.Ranking {
	t.Helper()
	r, err := score.Run(in.Facts, in.Judgement, in.Marking, score.Options{Draws: 50, Scales: kept})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// marks are those of three experts, who fill in everything.
func marks(in Input, comment string) table.Table[table.Mark] {
	rows := table.NewBuilder[table.Mark](0)
	for n := range 3 {
		i := 0
		for s := range in.Facts.Submissions.All() {
			for _, c := range in.Definition.Rubric().Points() {
				if i++; c.ExpertShare.IsZero() {
					continue
				}
				m := table.Mark{Expert: fmt.Sprintf("专家甲%d", n), Submission: s.Submission, Point: c.ID, Kind: table.MarkPoint,
					Value: table.Some(float64(55 + (i*7+n*5)%43)), Status: table.MarkCounted, Comment: comment, File: "评分/甲.xlsx", Sheet: "评分", Cell: fmt.Sprint("C", i)}
				if c.Deduction {
					m.Kind, m.Value = table.MarkDeduction, table.Some(float64(i%7/6))
				}
				rows.Append(m)
			}
		}
	}
	return rows.Finish()
}

func written(t *testing.T, in Input) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, in); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// block is what stands between two texts of the page.
func block(t *testing.T, page []byte, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(string(page), from)
	out, _, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatalf("no %s … %s", from, to)
	}
	return out
}

func TestPageStandsAlone(t *testing.T) {
	for _, marked := range []bool{false, true} {
		in := standing(t, marked)
		page := written(t, in)
		if len(page) > maxBytes || !bytes.Equal(page, written(t, in)) {
			t.Errorf("%d bytes, or others when written again", len(page))
		}
		policy := block(t, page, `Content-Security-Policy" content="`, `"`)
		for _, want := range []string{"default-src 'none'", cspHash(block(t, page, "<script>", "</script>")), cspHash(block(t, page, "<style>", "</style>"))} {
			if !strings.Contains(policy, want) {
				t.Errorf("the policy %s has no %s", policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || bytes.Count(page, []byte("<script")) != 2 || bytes.Count(page, []byte("</script")) != 2 || bytes.Contains(page, []byte("<!--")) {
			t.Error("more scripts than two, or a way round the policy")
		}
		own := pageHTML + pageCSS + pageJS
		if found := regexp.MustCompile(`(src|href)=|https?://|\burl\(|innerHTML|eval\(|@import`).FindAllString(strings.ReplaceAll(own, "http://www.w3.org/2000/svg", ""), -1); found != nil {
			t.Errorf("the page refers to %v", found)
		}
		for c := range in.Facts.Contacts.All() {
			if c.Text != "" && bytes.Contains(page, []byte(c.Text)) && len(c.Text) > 6 {
				t.Errorf("the page has what stands in %s!%s", c.Sheet, c.Cell)
			}
		}
		for _, private := range []string{"13800138000", "专家甲"} {
			if bytes.Contains(page, []byte(private)) {
				t.Errorf("the page has %s", private)
			}
		}
		if !bytes.Contains(page, []byte(root)) || !bytes.Contains(page, []byte(in.Standing.String())) {
			t.Error("the page does not say what it rests on")
		}
	}
}

func TestNothingOfALineBeforeAllMarks(t *testing.T) {
	in := standing(t, false)
	p := newPage(in, maxSubmissions, true)
	if p["complete"] == true || p["trial"] == true || p["swaps"] != nil || p["choices"] != nil || p["certain"] != nil {
		t.Errorf("%+v", p["words"])
	}
	for _, x := range p["places"].([]record) {
		if x["line"] != "" || x["firm"] != "" || x["chances"] != [4]*float64{} || x["reasons"] != nil || x["decides"] != nil || x["opinions"] != nil {
			t.Errorf("%s: %s %s %v", x["id"], x["line"], x["firm"], x["reasons"])
		}
	}
	ours, err := json.Marshal(p["words"])
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`线内|线外|跨线|稳|两可|机会|入围|入选线|建议入选`).FindAllString(pageJS+pageHTML+pageCSS+string(ours), -1); found != nil {
		t.Errorf("the page's own words have %v", found)
	}
}

func TestWhereWeightsCanBeTried(t *testing.T) {
	for _, c := range []struct{ marked, frozen, allowed, want bool }{
		{true, false, false, true}, {true, true, false, false}, {false, false, false, false}, {false, false, true, true}, {true, true, true, true},
	} {
		in := standing(t, c.marked)
		in.AllowTrial = c.allowed
		if c.frozen {
			in.Standing.Meeting = "评审会"
		}
		if got := newPage(in, maxSubmissions, true)["trial"]; got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
		// What does not fit is left out, and the page says so.
		without := newPage(in, maxSubmissions, false)
		says := strings.Contains(fmt.Sprint(without["words"]), "不带权重试算")
		if without["trial"] != false || without["unseen"] != nil || says != c.want {
			t.Errorf("%+v, without: %v, says so: %v", c, without["trial"], says)
		}
	}
}

func TestSixtyAroundTheLine(t *testing.T) {
	var ranking []table.Rank
	for i := range 100 {
		ranking = append(ranking, table.Rank{Ranked: i < 90, Rank: table.Some(int32(i + 1))})
	}
	for _, c := range []struct{ k, first, last int32 }{{5, 1, 60}, {50, 21, 80}, {88, 31, 90}} {
		got := aroundLine(slices.Clone(ranking), int(c.k), maxSubmissions)
		if len(got) != maxSubmissions || got[0].Rank.V != c.first || got[59].Rank.V != c.last {
			t.Errorf("k = %d: %d, from %d to %d", c.k, len(got), got[0].Rank.V, got[len(got)-1].Rank.V)
		}
	}
	in := standing(t, true)
	if p := newPage(in, 6, true); len(p["places"].([]record)) != 6 || p["all"] != in.Facts.Submissions.Len() {
		t.Errorf("%d of %d", len(p["places"].([]record)), p["all"])
	}
}

func TestOpinions(t *testing.T) {
	good := `{"schema":"` + Schema + `","batch":2024,"data_root":"` + root + `","select":5,"opinions":[
		{"submission":"2024-01","consortium":"甲","rank":6,"opinion":"propose","reason":"特色突出，13800138000","when":"2024-09-05T10:00:00+08:00"},
		{"submission":"2024-02","consortium":"乙","rank":null,"opinion":"defer","reason":"","when":"2024-09-05T02:00:00.000Z"}]}`
	o, err := ReadOpinions([]byte(good), 2024, root)
	if err != nil || len(o.Opinions) != 2 || strings.Contains(o.Opinions[0].Reason, "138") {
		t.Fatal(o, err)
	}
	other := strings.Repeat("f", 64)
	for from, c := range map[string]struct{ to, says string }{
		`"2024-02"`:           {`"2024-01"`, "重复"},
		`"propose"`:           {`"yes"`, "yes"},
		`特色突出，13800138000`:    {" ", "要写理由"},
		`"2024-09-05T10:00:0`: {`"昨天`, "时间"},
		Schema:                {"lianheti/opinions/9", "opinions/9"},
		`"batch":2024`:        {`"batch":2023`, "2023"},
		`"select":5`:          {`"select":5,"expert":"E1"`, "重新"},
		root:                  {other, "不是同一次"},
		"]}":                  {"]", "损坏"},
		"]} ":                 {"]}{}", "末尾"},
	} {
		if _, err := ReadOpinions([]byte(strings.Replace(good+" ", from, c.to, 1)), 2024, root); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s for %s: %v", c.to, from, err)
		}
	}
	if _, err := ReadOpinions([]byte(good), 2024, other); err == nil || !strings.Contains(err.Error(), root) || !strings.Contains(err.Error(), other) {
		t.Errorf("not both are named: %v", err)
	}
	if _, err := ReadOpinions([]byte(good), 2024, ""); err == nil || !strings.Contains(err.Error(), "--previous") {
		t.Error(err)
	}
}

func TestSchemaOfOpinions(t *testing.T) {
	data, err := os.ReadFile("opinions.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		ID         string `json:"$id"`
		Required   []string
		Properties struct {
			Opinions struct {
				Items struct {
					Required   []string
					Properties struct {
						Opinion struct{ Enum []string }
						Reason  struct{ MaxLength int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	columns := func(v any) (out []string) {
		for i := range reflect.TypeOf(v).NumField() {
			out = append(out, reflect.TypeOf(v).Field(i).Tag.Get("json"))
		}
		return out
	}
	items := s.Properties.Opinions.Items
	if s.ID != Schema || !slices.Equal(s.Required, columns(Opinions{})) || !slices.Equal(items.Required, columns(Opinion{})) ||
		items.Properties.Reason.MaxLength != maxReason || !slices.Equal(items.Properties.Opinion.Enum, []string{propose, deferred, decline}) {
		t.Errorf("%+v", s)
	}
}

// hostile are texts that would be markup, code or another direction of reading where anybody let them.
var hostile = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1><!--<script>\u2028window.hacked=1\u2029 \u202egnp.exe javascript:window.hacked=1 @@data@@ ${window.hacked=1} \"' & [链接](http://example.com)"

// assailed is the input with hostile texts wherever an applicant or an expert can write.
func assailed(t *testing.T, in Input) Input {
	t.Helper()
	facts := *in.Facts
	in.Facts, in.Returns = &facts, map[string]string{}
	in.Marking.Marks = marks(in, hostile)
	submissions, texts, materials := table.NewBuilder[table.Submission](0), table.NewBuilder[table.Text](0), table.NewBuilder[table.Material](0)
	for s := range facts.Submissions.All() {
		s.Consortium, s.Park, s.LeadSchool, s.File = s.Consortium+hostile, hostile, hostile, hostile
		in.Returns[s.Submission] = "退回/" + hostile + ".xlsx"
		submissions.Append(s)
	}
	for x := range facts.Texts.All() {
		x.Text = hostile
		texts.Append(x)
	}
	for m := range facts.Materials.All() {
		m.Title, m.Supports = hostile, hostile
		materials.Append(m)
	}
	facts.Submissions, facts.Texts, facts.Materials = submissions.Finish(), texts.Finish(), materials.Finish()
	in.Ranking = rank(t, in, nil)
	in.Standing.State = in.Ranking.State()
	return in
}

// trials are the engine's totals and ranks under other weights.
type trials struct {
	Weights []float64          `json:"weights"`
	Totals  map[string]float64 `json:"totals"`
	Ranks   map[string]int32   `json:"ranks"`
}

// reweighed has the engine score again with other weights, the scales staying as they are.
func reweighed(t *testing.T, in Input, turn int) trials {
	t.Helper()
	d := in.Definition
	name := fmt.Sprintf("%d/rubric.yaml", d.Year)
	texts, out, i := map[string][]byte{}, trials{Totals: map[string]float64{}, Ranks: map[string]int32{}}, 0
	for file, text := range d.Texts {
		texts[file] = text
	}
	texts[name] = regexp.MustCompile(`weight: 4\b`).ReplaceAllFunc(texts[name], func([]byte) []byte {
		w := []float64{4, 4, 4, 4, 4, 8, 0, 2, 6, 4.5, 3.5}[(i*3+turn*4)%11]
		if i++; i == 25 { // the rest to a hundred
			w = 100
			for _, x := range out.Weights {
				w -= x
			}
		}
		out.Weights = append(out.Weights, w)
		return fmt.Appendf(nil, "weight: %v", w)
	})
	other, err := templates.LoadTexts(texts, d.Year)
	if err != nil {
		t.Fatal(err)
	}
	facts := *in.Facts
	facts.Definition, in.Facts = other, &facts
	scales := slices.Collect(in.Ranking.Scales.All())
	for r := range rank(t, in, scales).Ranking.All() {
		if r.Ranked {
			out.Totals[r.Submission], out.Ranks[r.Submission] = r.Total, r.Rank.V
		}
	}
	return out
}

func TestInTheBrowser(t *testing.T) {
	programs.NeedBrowser(t)
	dir := t.TempDir()
	for name, in := range map[string]Input{"figures": standing(t, false), "marked": standing(t, true), "hostile": assailed(t, standing(t, true))} {
		file := filepath.Join(dir, name+".html")
		if err := os.WriteFile(file, written(t, in), 0o644); err != nil {
			t.Fatal(err)
		}
		expected := []trials{}
		if name == "marked" {
			expected = []trials{reweighed(t, in, 0), reweighed(t, in, 1)}
		}
		data, err := json.Marshal(expected)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file+".json", data, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Log(programs.Run(t, "node", "testdata/browser.cjs", "views", file, file+".json"))
	}
}
