package check

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"lianheti/stages/table"
	"lianheti/templates"
)

// vocabulary is what made-up texts are written with.
var vocabulary = strings.Split("园区 企业 学校 学徒 课程 基地 平台 技术 服务 培训 教师 岗位 标准 成果 转化 治理 理事会 章程 经费 设备 实训 工艺 就业 升学 专业 产业链 数字化 绿色 海洋 石化", " ")

// prose makes up a text of about n characters.
func prose(r *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < 3*n {
		b.WriteString(vocabulary[r.IntN(len(vocabulary))])
		if r.IntN(9) == 0 {
			fmt.Fprintf(&b, "%d项，", r.IntN(900)+10)
		}
	}
	return b.String()
}

// crowd is facts with only texts and members: n submissions, of which each of the first groups shares its texts, varied in
// a few words.
func crowd(n int, groups ...int) *table.Facts {
	g := &gathered{d: definition}
	r := rand.New(rand.NewPCG(1, 2))
	slots := []struct {
		field string
		year  int32
		size  int
	}{{"features", 0, 1900}, {"plan", 0, 950}, {"park_industries", 0, 180}, {"policies", 0, 450}, {"platform_text", 2022, 180}, {"platform_text", 2023, 180}, {"four_new_text", 2022, 180}, {"four_new_text", 2023, 180}}
	shared := map[string]string{}
	for i := range n {
		id := fmt.Sprintf("2024-X%06d", i)
		g.submissions = append(g.submissions, table.Submission{Submission: id, Consortium: fmt.Sprintf("第%d联合体", i), File: fmt.Sprintf("%d.xlsx", i)})
		group, end := -1, 0
		for k, size := range groups {
			if end += size; i < end {
				group = k
				break
			}
		}
		for _, s := range slots {
			text := prose(r, s.size)
			if group >= 0 {
				key := fmt.Sprint(group, s.field, s.year)
				if shared[key] == "" {
					shared[key] = text
				}
				text = shared[key] + fmt.Sprintf("第%d联合体", i)
			}
			row := table.Text{Submission: id, Field: s.field, Text: text, Status: table.Normal, Sheet: "2文字材料", Cell: "E4"}
			if s.year != 0 {
				row.Year = table.Some(s.year)
			}
			g.texts = append(g.texts, row)
		}
		for m := range 10 {
			name := fmt.Sprintf("第%d企业", i*10+m)
			if m == 0 {
				name = "共用企业"
			}
			g.members = append(g.members, table.Member{Submission: id, Record: int32(m + 1), Kind: "enterprise", KindLabel: "企业", Name: name, NameKey: name, Status: table.Missing, Sheet: "成员名册", Cell: fmt.Sprintf("B%d", m+3)})
		}
	}
	return g.facts()
}

// BenchmarkIndex10000 is the work across submissions: shared members and near-identical texts.
func BenchmarkIndex10000(b *testing.B) {
	for _, c := range []struct {
		name   string
		groups []int
	}{{"distinct", nil}, {"pairs", slices.Repeat([]int{2}, 500)}, {"half alike", []int{5000}}} {
		f := crowd(10000, c.groups...)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := newBatch(f, Known{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRun1000 judges complete forms, all alike.
func BenchmarkRun1000(b *testing.B) {
	first := base(b)
	var forms []filling
	for i := range 1000 {
		forms = append(forms, first.apply(Edit{Set: map[string]any{"consortium": fmt.Sprintf("第%d联合体", i)}}, filling{}))
	}
	f := facts(b, definition, forms...)
	for b.Loop() {
		if _, err := Run(f, Known{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The index must find what comparing all pairs finds.
func TestNearTextsAreFoundWithoutComparingAll(t *testing.T) {
	f := crowd(120, 2, 3, 30)
	b, err := newBatch(f, Known{})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[templates.Ref]map[string][]uint32{}
	for row := range f.Texts.All() {
		slot := templates.Ref{Field: row.Field, Year: int(row.Year.V)}
		if texts[slot] == nil {
			texts[slot] = map[string][]uint32{}
		}
		texts[slot][row.Submission] = shingles(normalised(row.Text))
	}
	near := map[templates.Ref]map[int]neighbour{}
	for _, p := range b.plans {
		maps.Copy(near, p.near)
	}
	if len(near) != len(texts) {
		t.Fatalf("%d slots compared, want %d", len(near), len(texts))
	}
	for slot, all := range texts {
		for id, mine := range all {
			others := 0
			for other, theirs := range all {
				if other != id && diceCoefficient(mine, theirs) >= 0.7 {
					others++
				}
			}
			if got := near[slot][b.order[id]]; got.others != others || (others > 0) != (got.share >= 0.7) {
				t.Errorf("%v of %s: %d others at %.2f, want %d", slot, id, got.others, got.share, others)
			}
		}
	}
}

func TestAFewWordsChangedIsStillNear(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	text := prose(r, 900)
	changed := strings.ReplaceAll(strings.ReplaceAll(text, "海洋", "陶瓷"), "理事会", "董事会")
	if share := diceCoefficient(shingles(normalised(text)), shingles(normalised(changed))); share < 0.5 || share > 0.95 {
		t.Errorf("share %.2f", share)
	}
	if diceCoefficient(shingles(normalised("ＡＢＣ，甲乙 丙。丁")), shingles(normalised("abc甲乙丙丁"))) != 1 ||
		diceCoefficient(shingles(normalised("產業園區職業")), shingles(normalised("产业园区职业"))) != 1 {
		t.Error("width, case and punctuation count")
	}
	if share := diceCoefficient(shingles(normalised(prose(r, 900))), shingles(normalised(prose(r, 900)))); share > 0.6 {
		t.Errorf("two texts of the same words are near: %.2f", share)
	}
}

func TestThousandsOfCopiesAreOneGroup(t *testing.T) {
	x := &textIndex{threshold: 0.7, postings: map[uint32][]int32{}, byText: map[string]int{}}
	r := rand.New(rand.NewPCG(5, 6))
	text := normalised(prose(r, 300))
	for i := range 3000 {
		x.add(i, text)
	}
	if n := x.neighbours(); len(n) != 3000 || n[7].others != 2999 || n[7].other != 0 || n[0].other != 1 || len(x.texts) != 1 {
		t.Errorf("%d neighbours, %+v, %d texts kept", len(n), n[7], len(x.texts))
	}
	if list := x.postings[x.texts[0].shingles[0]]; len(list) != 1 {
		t.Errorf("%d postings", len(list))
	}
}

func TestThousandsOfExplanations(t *testing.T) {
	const rows = 1900
	f := base(t)
	var schools []map[string]any
	f.Explanations = map[string]string{}
	for i := range rows {
		schools = append(schools, map[string]any{"kind": "secondary", "name": fmt.Sprintf("某第%d职业学校", i), "enrolment": 60001})
		f.Explanations[fmt.Sprintf("%d|第%d所学校的在校生数为什么这样多，请看附件", i, i)] = "属实"
	}
	begun := time.Now()
	j := run(t, facts(t, definition, f.apply(Edit{Add: schools}, filling{})))
	if took := time.Since(begun); len(j.findings) != rows+1 || took > 10*time.Second { // each with each takes half a minute; the rows are told together
		t.Errorf("%d findings in %v", len(j.findings), took)
	}
}
