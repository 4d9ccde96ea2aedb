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
	"lianheti/stages/table"
	"lianheti/templates"
)

// Sheets of every marking workbook, besides one for each submission.
const (
	coverSheet = "评分说明"
	indexSheet = "_评分索引" // very hidden
)

const version = "2"

// Uses of a slot.
const (
	unitUse    = "unit"    // the expert's employer
	recuseUse  = "recuse"  // the expert declares a conflict of interest
	markUse    = "mark"    // of a point
	deductUse  = "deduct"  // of the deduction
	vetoUse    = "veto"    // proposal to reject the submission
	commentUse = "comment" // on a mark, a deduction or a veto (which has no point)
	formulaUse = "formula" // a formula
)

type cellRef struct {
	sheet    string
	row, col int
}

// slot is a cell that the digest of its sheet leaves out.
type slot struct {
	use string
	cellRef
	submission string
	point      string
}

// index is the content of the very hidden sheet.
type index struct {
	form          string
	batch         int
	version       string
	expert        string
	name          string            // hidden wherever the expert wrote it
	scale         string            // full marks
	maxDeduction  string            // that may be deducted
	sources       map[string]string // submission -> sha256 of the submitted workbook
	order         []string          // submissions in order
	slots         []slot
	regions       []region
	rubric        string // sha256 of the rubric at the time; empty: unknown
	part          int    // see Assignment.Part
	digestDiffers bool   // or is missing, or rows follow it
}

// region is the extent of the part of a sheet that we wrote, with the digest of its locked cells.
type region struct {
	sheet            string
	lastRow, lastCol int
	digest           string
}

func formID(d *templates.Definition) string { return d.Form.ID + "-专家评分" }

func rubricHash(d *templates.Definition) string {
	return d.Sources[strconv.Itoa(d.Year)+"/rubric.yaml"]
}

func (x *index) rows() [][]string {
	out := [][]string{{"form", x.form, strconv.Itoa(x.batch), x.version, x.expert, x.scale, x.maxDeduction, x.name,
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

// digestRow begins the last row of the index, which protects it: no mark can be moved to another point or expert.
const digestRow = "digest"

func digestRows(rows [][]string) string {
	var cells []lockedCell
	for i, row := range rows {
		for k, words := range row {
			if words = normalizeText(words); words != "" {
				cells = append(cells, lockedCell{i + 1, k + 1, words})
			}
		}
	}
	return digest(cells)
}

// readIndex is the inverse of rows. It fails on an unknown row.
func readIndex(rows [][]string) (*index, error) {
	x := &index{sources: map[string]string{}, digestDiffers: true}
	for i, row := range rows {
		row = append(slices.Clone(row), make([]string, 10)...) // trailing blank cells are not stored
		number := func(i int) int {
			n, err := strconv.Atoi(row[i])
			return table.Either(err == nil, n, -1)
		}
		switch row[0] {
		case "form":
			x.form, x.batch, x.version, x.expert, x.scale = row[1], number(2), row[3], row[4], row[5]
			x.maxDeduction, x.name, x.part, x.rubric = row[6], row[7], max(0, number(8)), row[9]
		case "submission":
			x.sources[row[1]] = row[2]
		case "region":
			x.regions = append(x.regions, region{row[1], number(2), number(3), row[4]})
		case unitUse, recuseUse, markUse, deductUse, vetoUse, commentUse, formulaUse:
			s := slot{row[0], cellRef{row[1], number(2), number(3)}, row[4], row[5]}
			if s.row < 1 || s.col < 1 {
				return nil, fmt.Errorf("索引里的位置 %q 读不出", row)
			}
			x.slots = append(x.slots, s)
		case digestRow:
			x.digestDiffers = row[1] != digestRows(rows[:i]) || i != len(rows)-1
		default:
			return nil, fmt.Errorf("索引里有认不出的 %q", row[0])
		}
	}
	if x.form == "" || x.expert == "" {
		return nil, fmt.Errorf("索引不完整")
	}
	return x, nil
}

type lockedCell struct {
	row, col int
	words    string
}

// digest hashes locked cells, row by row. White space and the notation of numbers may change.
func digest(cells []lockedCell) string {
	slices.SortFunc(cells, func(a, b lockedCell) int { return cmp.Or(a.row-b.row, a.col-b.col) })
	h := sha256.New()
	for _, c := range cells {
		fmt.Fprintf(h, "%s\t%s\n", model.CellName(c.row, c.col), c.words)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// normalizeText normalises a text for digest.
func normalizeText(s string) string {
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(v, 'g', 12, 64)
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(book.Text(s), "_x000D_", "")), " ")
}
