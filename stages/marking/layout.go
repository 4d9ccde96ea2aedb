package marking

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/templates"
)

// Sheets that are there in every marking workbook, beside one a submission.
const (
	coverSheet = "评分说明"
	indexSheet = "_评分索引" // very hidden
)

// version of the layout. Those of the first, which has no digest of the index, are still read.
const version, firstVersion = "2", "1"

// What a cell is there for.
const (
	unitUse    = "unit"    // where the expert works
	recuseUse  = "recuse"  // the expert steps aside from one submission
	markUse    = "mark"    // of a point
	deductUse  = "deduct"  // of the deduction
	vetoUse    = "veto"    // proposal to turn the submission down
	commentUse = "comment" // to a mark, a deduction or a veto (then without a point)
	formulaUse = "formula" // ours, with a value that changes
)

// spot is where a cell stands.
type spot struct {
	sheet    string
	row, col int
}

// slot is a cell that the digest leaves out: the expert's, or one with a formula.
type slot struct {
	use string
	spot
	submission string
	point      string
}

// index is what the very hidden sheet says.
type index struct {
	form    string
	batch   int
	version string
	expert  string
	name    string            // to be hidden where the expert wrote it
	scale   string            // of the marks
	most    string            // that may be deducted
	sources map[string]string // submission -> sha256 of the workbook that the expert sees the content of
	order   []string          // submissions, as they come
	slots   []slot
	regions []region
	rubric  string // sha256 of the rubric that it was issued under; empty: it does not say
	part    int    // 0: the first workbook of the expert; otherwise which supplementary one
	digest  string // over the rows before it
	altered bool   // the digest says otherwise
}

// region is how much of a sheet is ours, with the digest of its locked content.
type region struct {
	sheet            string
	lastRow, lastCol int
	digest           string
}

func formOf(d *templates.Definition) string { return d.Form.ID + "-专家评分" }

func rubricOf(d *templates.Definition) string {
	return d.Sources[strconv.Itoa(d.Year)+"/rubric.yaml"]
}

func (x *index) rows() [][]string {
	out := [][]string{{"form", x.form, strconv.Itoa(x.batch), x.version, x.expert, x.scale, x.most, x.name,
		strconv.Itoa(x.part), x.rubric}}
	for _, id := range x.order {
		out = append(out, []string{"submission", id, x.sources[id]})
	}
	for _, r := range x.regions {
		out = append(out, []string{"region", r.sheet, strconv.Itoa(r.lastRow), strconv.Itoa(r.lastCol), r.digest})
	}
	for _, s := range x.slots {
		out = append(out, []string{s.use, s.sheet, strconv.Itoa(s.row), strconv.Itoa(s.col), s.submission, s.point})
	}
	return append(out, []string{digestRow, digestRows(out)})
}

// digestRow is the last row of the index, so that no mark can be moved to another point or expert.
const digestRow = "digest"

func digestRows(rows [][]string) string {
	var cells []fixed
	for i, row := range rows {
		for k, words := range row {
			if words = settled(words); words != "" {
				cells = append(cells, fixed{i + 1, k + 1, words})
			}
		}
	}
	return digest(cells)
}

// readIndex is the reverse of rows. It gives an error where a row says nothing it knows.
func readIndex(rows [][]string) (*index, error) {
	x := &index{sources: map[string]string{}}
	for i, row := range rows {
		row = append(slices.Clone(row), make([]string, 10)...) // blank cells at the end are not stored
		number := func(i int) int {
			n, err := strconv.Atoi(row[i])
			if err != nil {
				return -1
			}
			return n
		}
		switch row[0] {
		case "form":
			x.form, x.batch, x.version, x.expert, x.scale = row[1], number(2), row[3], row[4], row[5]
			x.most, x.name, x.part, x.rubric = row[6], row[7], max(0, number(8)), row[9]
		case "submission":
			x.sources[row[1]] = row[2]
		case "region":
			x.regions = append(x.regions, region{row[1], number(2), number(3), row[4]})
		case unitUse, recuseUse, markUse, deductUse, vetoUse, commentUse, formulaUse:
			s := slot{row[0], spot{row[1], number(2), number(3)}, row[4], row[5]}
			if s.row < 1 || s.col < 1 {
				return nil, fmt.Errorf("索引里的位置 %q 读不出", row)
			}
			x.slots = append(x.slots, s)
		case digestRow:
			x.digest = row[1]
			x.altered = x.digest != digestRows(rows[:i]) || i != len(rows)-1
		default:
			return nil, fmt.Errorf("索引里有认不出的 %q", row[0])
		}
	}
	if x.form == "" || x.expert == "" {
		return nil, fmt.Errorf("索引不完整")
	}
	x.altered = x.altered || x.digest == "" && x.version != firstVersion
	return x, nil
}

type fixed struct {
	row, col int
	words    string
}

// digest is over the locked cells of a sheet, row by row; white space and the notation of numbers may change.
func digest(cells []fixed) string {
	slices.SortFunc(cells, func(a, b fixed) int { return cmp.Or(a.row-b.row, a.col-b.col) })
	h := sha256.New()
	for _, c := range cells {
		fmt.Fprintf(h, "%s\t%s\n", model.CellName(c.row, c.col), c.words)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// settled is a text as the digest sees it.
func settled(s string) string {
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(v, 'g', 12, 64)
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(book.Text(s), "_x000D_", "")), " ")
}
