package check

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"golang.org/x/text/width"
)

// Near-identical texts of the same field and year are found by their shingles (substrings of fixed length). An inverted
// index over a small sample of the shingles proposes candidates; the complete sets decide. Identical texts are stored
// once, and the index keeps only the first texts of a shingle, so thousands of copies cost no more than a few.
const (
	shingleLength = 4  // characters
	sketchSize    = 64 // shingles of a text in the index: those with the smallest hashes
	postingLength = 32 // texts kept for each shingle of the index
	shortest      = 40 // characters without punctuation: shorter texts are alike by chance
)

// neighbour is the nearest other submission, and the number of others in the same group of near-identical texts.
type neighbour struct {
	other  int     // position of the nearest
	share  float64 // of shingles in common
	others int
}

// nearText fails each text that is nearly the same as one of another submission.
func nearText(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		if !t.usable(f, r) {
			continue
		}
		if text, _ := f.Text(r.Field, r.Year); len(normalised(text)) < shortest {
			t.skip("文字较短，不作比对")
			continue
		}
		n, found := p.near[r][f.position]
		t.decideValue(r, !found, map[string]string{"other": f.names[n.other],
			"count": fmt.Sprint(n.others), "share": fmt.Sprintf("%.0f％", math.Floor(n.share*100))})
	}
}

// indexTexts finds the nearest neighbours of the texts that rules compare, one slot at a time to save memory.
func (b *batch) indexTexts() {
	rows := map[templates.Ref][]int{}
	for i := range b.facts.Texts.Len() {
		row := b.facts.Texts.Row(i)
		slot := templates.Ref{Field: row.Field, Year: int(row.Year.V)}
		rows[slot] = append(rows[slot], i)
	}
	for _, p := range b.plans {
		if p.rule.Check != "near_text" {
			continue
		}
		threshold, _ := p.rule.Threshold.Float64()
		p.near = map[templates.Ref]map[int]neighbour{}
		for _, slot := range p.refs {
			texts := &textIndex{threshold: threshold, postings: map[uint32][]int32{}, byText: map[string]int{}}
			for _, i := range rows[slot] {
				row := b.facts.Texts.Row(i)
				position, known := b.order[row.Submission]
				if text := normalised(row.Text); known && row.Status == table.Normal && len(text) >= shortest {
					texts.add(position, text)
				}
			}
			p.near[slot] = texts.neighbours()
		}
	}
}

// normalised returns the letters and digits of a text: half width, lower case, simplified characters.
func normalised(words string) []rune {
	var out []rune
	for _, r := range strings.ToLower(width.Fold.String(words)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, text.Simplified(r))
		}
	}
	return out
}

// textIndex holds the distinct texts of one slot.
type textIndex struct {
	threshold float64
	texts     []distinct
	byText    map[string]int // position of a distinct text
	postings  map[uint32][]int32
	hits      []int32 // scratch: shared shingles of the sketch, by distinct text
}

// distinct is one text with all submissions that contain it.
type distinct struct {
	submissions []int    // positions of the submissions, ascending
	shingles    []uint32 // hashes, ascending
	nearest     int      // another distinct text; -1: none
	share       float64
	group       int // parent in a union-find forest; a root is its own
}

func (x *textIndex) add(position int, text []rune) {
	if at, known := x.byText[string(text)]; known {
		x.texts[at].submissions = append(x.texts[at].submissions, position)
		return
	}
	at := len(x.texts)
	x.byText[string(text)] = at
	x.texts = append(x.texts, distinct{submissions: []int{position}, shingles: shingles(text), nearest: -1, group: at})
	x.hits = append(x.hits, 0)
	sketch := x.texts[at].shingles[:min(sketchSize, len(x.texts[at].shingles))]
	var met []int32
	for _, s := range sketch {
		for _, other := range x.postings[s] {
			if x.hits[other]++; x.hits[other] == 1 {
				met = append(met, other)
			}
		}
		if len(x.postings[s]) < postingLength {
			x.postings[s] = append(x.postings[s], int32(at))
		}
	}
	slices.Sort(met)
	for _, other := range met {
		// Of two texts with the share s in common, the sketches share about as much; a quarter of that may be chance.
		if float64(x.hits[other])*4 >= float64(len(sketch))*x.threshold {
			x.compare(at, int(other))
		}
		x.hits[other] = 0
	}
}

// compare compares two texts and, if they are near, records each as a neighbour of the other.
func (x *textIndex) compare(i, k int) {
	share := diceCoefficient(x.texts[i].shingles, x.texts[k].shingles)
	if share < x.threshold {
		return
	}
	for _, pair := range [][2]int{{i, k}, {k, i}} {
		if t := &x.texts[pair[0]]; share > t.share {
			t.nearest, t.share = pair[1], share
		}
	}
	x.texts[x.root(i)].group = x.root(k)
}

func (x *textIndex) root(i int) int {
	for x.texts[i].group != i {
		x.texts[i].group = x.texts[x.texts[i].group].group
		i = x.texts[i].group
	}
	return i
}

// neighbours returns the nearest neighbour of each submission that has one. Holders of the same text are nearest.
func (x *textIndex) neighbours() map[int]neighbour {
	size := map[int]int{}
	for i := range x.texts {
		size[x.root(i)] += len(x.texts[i].submissions)
	}
	out := map[int]neighbour{}
	for i, t := range x.texts {
		for at, position := range t.submissions {
			n := neighbour{share: 1, others: size[x.root(i)] - 1}
			switch {
			case len(t.submissions) > 1 && at == 0:
				n.other = t.submissions[1]
			case len(t.submissions) > 1:
				n.other = t.submissions[0]
			case t.nearest >= 0:
				n.other, n.share = x.texts[t.nearest].submissions[0], t.share
			default:
				continue
			}
			out[position] = n
		}
	}
	return out
}

// shingles returns the distinct hashes of the shingles of a text, ascending.
func shingles(text []rune) []uint32 {
	out := make([]uint32, 0, len(text))
	for i := 0; i+shingleLength <= len(text); i++ {
		var h uint64 = 14695981039346656037
		for _, r := range text[i : i+shingleLength] {
			h = (h ^ uint64(r)) * 1099511628211
		}
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		out = append(out, uint32(h>>32))
	}
	slices.Sort(out)
	return slices.Clip(slices.Compact(out))
}

// diceCoefficient returns the similarity of two sets of shingles: twice the common ones over the sum of both.
func diceCoefficient(a, b []uint32) float64 {
	return 2 * float64(text.CountCommon(a, b)) / float64(len(a)+len(b))
}

// The checks that compare the figures of a submission with those of the others.

const (
	ordinarySize = 30  // a smaller number may be many times the median without being wrong
	distinctSize = 100 // smaller numbers are alike by chance
)

// reported is one value of one figure.
type reported struct {
	templates.Ref
	value float64
}

// indexFigures finds who reports which actual number, and the median of each figure that at least five report.
func (b *batch) indexFigures() {
	const fewest = 5
	values := map[templates.Ref][]float64{}
	for m := range b.facts.Metrics.All() {
		i, known := b.order[m.Submission]
		if !known || !m.Value.Valid {
			continue
		}
		r := templates.Ref{Field: m.Indicator, Year: int(m.Year)}
		if values[r] = append(values[r], m.Value.V); m.Kind == string(templates.Actual) && m.Value.V >= distinctSize {
			b.holders[reported{r, m.Value.V}] = append(b.holders[reported{r, m.Value.V}], int32(i))
		}
	}
	for x := range b.facts.Figures.All() {
		if r := (templates.Ref{Field: x.Field}); x.Number.Valid {
			values[r] = append(values[r], x.Number.V)
		}
	}
	for r, all := range values {
		if median := table.Median(all); len(all) >= fewest && median.V > 0 {
			b.medians[r] = decimal.NewFromFloat(median.V)
		}
	}
}

// outlier fails each number that is many times the median of the batch: in another unit, probably.
func outlier(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		median, known := f.medians[r]
		if !known {
			t.skip("本批填了这个数的不足五家，或中位数是0")
		} else if t.usable(f, r) {
			n, _ := f.number(r)
			ordinary := n.LessThanOrEqual(median.Mul(*p.rule.Threshold)) || n.LessThanOrEqual(decimal.NewFromInt(ordinarySize))
			t.decideValue(r, ordinary, map[string]string{"other": median.String(), "limit": p.rule.Threshold.String()})
		}
	}
}

// copiedFigures fails a form that has too many actual figures in common with another one.
func copiedFigures(f *form, p *plan, t *tally) {
	const (
		fewest     = 10
		maxHolders = 64 // a number that more report is common
	)
	own, common := 0, map[int32][]templates.Ref{}
	for _, r := range slices.Concat(f.actualRefs...) {
		n, ok := f.number(r)
		if !ok || n.LessThan(decimal.NewFromInt(distinctSize)) {
			continue
		}
		own++
		if holders := f.holders[reported{r, n.InexactFloat64()}]; len(holders) <= maxHolders {
			for _, i := range holders {
				common[i] = append(common[i], r)
			}
		}
	}
	if own < fewest {
		t.skip(notFilled)
		return
	}
	delete(common, int32(f.position))
	others := slices.SortedFunc(maps.Keys(common), func(x, y int32) int {
		return cmp.Or(len(common[y])-len(common[x]), cmp.Compare(x, y))
	})
	if len(others) == 0 || share(len(common[others[0]]), own).LessThan(*p.rule.Threshold) {
		t.pass()
		return
	}
	refs := common[others[0]]
	count := fmt.Sprint(len(refs))
	t.fail(fault{refs: refs, raw: count, value: count,
		vars: map[string]string{"count": count, "max": fmt.Sprint(own), "other": f.names[others[0]],
			"limit": fmt.Sprint(distinctSize)}})
}

// sharedEnrolment fails a school of which another consortium gives quite another enrolment.
func sharedEnrolment(f *form, p *plan, t *tally) {
	for _, m := range slices.Concat(f.rosterUnits(t)...) {
		if !f.isSchool(m) || !m.Enrolment.Valid {
			t.skip("名册中没有填了在校生数的学校")
			continue
		}
		for _, s := range f.unit(m).rows {
			stated, other := decimal.NewFromFloat(m.Enrolment.V), decimal.NewFromFloat(s.enrolment.V)
			near := !stated.Sub(other).Abs().GreaterThan(other.Mul(*p.rule.Threshold))
			t.decide(near || s.form == f.position || !s.enrolment.Valid, func() fault {
				x := f.memberFault(m, stated.String(), enrolmentColumn)
				x.vars["other"], x.vars["detail"] = f.names[s.form], other.String()
				x.vars["limit"] = p.rule.Threshold.Shift(2).String()
				return x
			})
		}
	}
}
