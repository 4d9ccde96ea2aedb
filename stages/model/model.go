// Package model has the types that the stages of a run share: place, cell, workbook, file, finding, verdict. It only
// imports package text.
//
// Data flows one way: intake reads files into Workbooks, normalize turns Workbooks into tables, check turns tables into
// Findings, score turns tables into scores, and consolidate, feedback and export write what was found.
package model

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/text"

	"golang.org/x/text/width"
)

// Place is the place of a value. It is recorded when the cell is read and kept with every finding and exported value.
type Place struct {
	File  string `json:"file"`            // slash path as in the files table; an entry of a package is "包.zip/表.xlsx"
	Sheet string `json:"sheet,omitempty"` // empty: the file as a whole
	Cell  string `json:"cell,omitempty"`  // A1 notation; empty: the sheet as a whole
}

// String is the place inside its file, as in Excel: 2年度数据!F12.
func (p Place) String() string {
	switch {
	case p.Sheet == "":
		return p.File
	case p.Cell == "":
		return p.Sheet
	}
	return p.Sheet + "!" + p.Cell
}

// Kind is the type of a cell's content.
type Kind uint8

const (
	Blank Kind = iota
	Text
	Number
	Bool
	Error      // #REF!, #N/A …
	Uncomputed // a formula without saved result: Raw is the formula
	Picture    // a picture in the cell, whatever text is behind it
)

// Readable whether a value can be read from a cell of this kind.
func (k Kind) Readable() bool { return k != Error && k != Uncomputed && k != Picture }

// Cell is one cell as read, not interpreted. The flags stand together because there are millions of cells.
type Cell struct {
	Place   Place
	Row     int    // 1-based
	Col     int    // 1-based
	Raw     string // text as typed; a number as stored in the file (full precision), "1"/"0" for Bool
	Shown   string // as displayed with its number format, if the column is wide enough
	Format  string // number format code; empty for General
	Formula string // that computed the value, without the equals sign; Raw is its saved result
	Struck  string // struck-through text, not in Raw; where the whole cell is struck through, equal to Raw
	Merged  string // area in which it is merged with other inputs, so that the value is ambiguous: D14:E14
	Kind    Kind   // Blank where an input cell of the form was left empty
	IsDate  bool   // the number format shows a date, so Raw is a serial day number (already shifted to the 1900 system)
	Filled  bool   // non-blank after trimming white space
	Hidden  bool   // not visible: hidden or filtered row, text too small or in the colour of the cell
}

// CrossedOut reports whether all of the cell is struck through.
func (c Cell) CrossedOut() bool { return c.Struck != "" && c.Struck == c.Raw }

// Entry is a cell matched to the form: a field, or a column of a record (row of the roster, of the materials …).
type Entry struct {
	Cell
	Field    string // field id, as in form.yaml
	Stale    string // what the formula gives now, where that isn't its saved result
	Year     int    // 0 where the field has no years
	Record   int    // 1-based number of the record within its block; 0 outside record blocks
	NotAsked bool   // the workbook is of an older version of the form without the field
	Copied   bool   // the value is copied from a merged cell that labels a group of rows
}

// FormID is the identity of a workbook's template, from its very hidden sheet.
type FormID struct {
	ID            string
	Year          int
	Version       int
	Parent        string // sha256 of the workbook that the issued copy was made from; empty in a blank template
	ContentHash   string // hash of what that workbook says
	QuestionsHash string // hash of the questions that the issued copy asks
}

// Fate is what happened to a file.
type Fate string

const (
	Accepted   Fate = "accepted"
	Superseded Fate = "superseded"
	Rejected   Fate = "rejected"
	Ignored    Fate = "ignored"
)

// Label is how a person reads it.
func (f Fate) Label() string {
	return map[Fate]string{Accepted: "采用", Superseded: "被新版取代", Rejected: "不予受理", Ignored: "不是申报材料"}[f]
}

// File is one file that arrived, on disk or inside a package. Every file has exactly one fate.
type File struct {
	Path   string // relative to the input it came from, slash separated; package entries as "包.zip/表.xlsx"
	SHA256 string
	Size   int64
	Fate   Fate
	Code   string // catalogue code for rejected, superseded and ignored; empty for accepted
	Detail string // details of the reason, in Chinese; no personal data
	NoHash string // why SHA256 is empty, in Chinese
}

// Because appends to the reason of a file's fate why the file has no hash, if it has none.
func (f File) Because(reason string) string {
	if f.SHA256 != "" || f.NoHash == "" {
		return reason
	}
	return reason + "没有校验值（sha256）：" + f.NoHash + "。"
}

// Workbook is the content of an accepted file: every input cell of the form, and all other filled cells.
type Workbook struct {
	File    File
	Form    FormID
	Entries []Entry // all fields (blank ones too, with their place), and the filled cells of records; in form order
	Columns []Entry // the columns of lists, each with the cell of its header
	Loose   []Cell  // filled cells outside the form's inputs that are not the template's own text or formula
	Notes   []Finding
	// CellsRead counts the filled cells that are not the template's own: filled Entries without copies, plus Loose.
	CellsRead int
}

// Severity of a finding.
type Severity string

const (
	MustFix Severity = "error"   // 必须修改
	Explain Severity = "warning" // 需核实说明
	Hint    Severity = "info"    // 提示
)

// Severities lists the severities, most serious first.
var Severities = []Severity{MustFix, Explain, Hint}

// Label is how a person reads it.
func (s Severity) Label() string {
	return map[Severity]string{MustFix: "必须修改", Explain: "需核实说明", Hint: "提示"}[s]
}

// Finding is a fault or a remark about a submission. It is not a Go error, which means that the run itself failed. The
// rule catalogue has the words.
type Finding struct {
	Code       string  // LHT-<tier>-<nnn>
	Submission string  // submission id; empty where a file has none
	Places     []Place // never none
	Fields     []string
	Year       int    // 0: no year
	Member     string // key of the member unit that the finding is about; empty: none
	Raw        string
	Value      string
	Vars       map[string]string // values for the placeholders of the message
}

// Outcome is the outcome of one rule on one submission. Missing is never pass.
type Outcome string

const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	NotApplicable Outcome = "na"
	NotRun        Outcome = "could_not_run"
)

// Label is how a person reads it.
func (o Outcome) Label() string {
	return map[Outcome]string{Pass: "通过", Fail: "未通过", NotApplicable: "不适用", NotRun: "无法检查"}[o]
}

// Verdict on a submission.
type Verdict string

const (
	Return   Verdict = "退回修改" // has errors
	AskFirst Verdict = "待说明"  // only unexplained warnings
	Accept   Verdict = "受理"
)

// Digest is the sha256 of data in hexadecimal.
func Digest(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// CellName is the A1 name of a 1-based row and column.
func CellName(row, col int) string {
	var name [32]byte
	return string(AppendCellName(name[:0], row, col))
}

// AppendCellName appends the A1 name of a cell.
func AppendCellName(b []byte, row, col int) []byte {
	for at := len(b); col > 0; col = (col - 1) / 26 {
		b = slices.Insert(b, at, byte('A'+(col-1)%26))
	}
	return strconv.AppendInt(b, int64(row), 10)
}

// RowCol parses A1 notation; zeros where there is no cell.
func RowCol(cell string) (row, col int) {
	for _, c := range cell {
		switch {
		case c >= 'A' && c <= 'Z':
			col = col*26 + int(c-'A') + 1
		case c >= '0' && c <= '9':
			row = row*10 + int(c-'0')
		}
	}
	return row, col
}

// ReadingsSuffix ends the names of the files in which check lists how every cell was read.
const ReadingsSuffix = "（读数一览）.csv"

// rectangle is a block of cells.
type rectangle struct{ left, top, right, bottom int }

// Cells lists cells one by one, each once; consecutive cells of one sheet name it once.
func Cells(places []Place) (out []string) {
	sheet := ""
	for _, p := range places {
		at := Place{Sheet: p.Sheet, Cell: p.Cell}.String()
		switch {
		case p.Sheet == "":
			at = "整份文件"
		case p.Sheet == sheet && p.Cell != "":
			at = p.Cell
		}
		if sheet = p.Sheet; !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// Ranges lists cells as ranges, sheet by sheet: 封面!E2:E7；2年度数据!D4:E32、E34.
func Ranges(places []Place) string {
	var sheets []string
	cells := map[string][][2]int{} // column and row, by sheet
	for _, p := range places {
		if !slices.Contains(sheets, p.Sheet) {
			sheets = append(sheets, p.Sheet)
		}
		if row, col := RowCol(p.Cell); p.Cell != "" {
			cells[p.Sheet] = append(cells[p.Sheet], [2]int{col, row})
		}
	}
	var out []string
	for _, sheet := range sheets {
		var names []string
		for _, r := range rectangles(cells[sheet]) {
			name := CellName(r.top, r.left)
			if last := CellName(r.bottom, r.right); last != name {
				name += ":" + last
			}
			names = append(names, name)
		}
		switch {
		case sheet == "":
			out = append(out, "整份文件")
		case names == nil:
			out = append(out, sheet)
		default:
			out = append(out, fmt.Sprintf("%s!%s", sheet, strings.Join(names, "、")))
		}
	}
	return strings.Join(out, "；")
}

// rectangles covers cells exactly: vertical runs, merged with equal runs of neighbouring columns.
func rectangles(cells [][2]int) []rectangle {
	slices.SortFunc(cells, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	var runs []rectangle
	for _, c := range slices.Compact(cells) {
		if n := len(runs); n > 0 && runs[n-1].left == c[0] && runs[n-1].bottom+1 == c[1] {
			runs[n-1].bottom++
			continue
		}
		runs = append(runs, rectangle{c[0], c[1], c[0], c[1]})
	}
	var out []rectangle
	for _, r := range runs {
		i := slices.IndexFunc(out, func(o rectangle) bool {
			return o.top == r.top && o.bottom == r.bottom && o.right+1 == r.left
		})
		if i < 0 {
			out = append(out, r)
			continue
		}
		out[i].right = r.right
	}
	slices.SortFunc(out, func(a, b rectangle) int {
		return cmp.Or(cmp.Compare(a.top, b.top), cmp.Compare(a.left, b.left))
	})
	return out
}

// ExplanationKey is the key of a row of explanations in a returned copy: the fingerprint of the finding and the hash of
// its values. With it the row is matched to the finding and the values in every later round.
func ExplanationKey(fingerprint, valueHash string) string {
	if valueHash == "" {
		return fingerprint
	}
	return fingerprint + "-" + valueHash
}

var explanationKey = regexp.MustCompile(`^([0-9a-f]{16})(?:[-—–－\s]*([0-9a-f]{16}))?$`)

// SplitExplanationKey parses a key, also a typed one. Without a hash the explanation is for the workbook's own values.
// Anything else is returned unchanged as a fingerprint, which matches no finding.
func SplitExplanationKey(key string) (fingerprint, valueHash string) {
	m := explanationKey.FindStringSubmatch(strings.ToLower(width.Fold.String(strings.TrimSpace(key))))
	if m == nil {
		return strings.TrimSpace(key), ""
	}
	return m[1], m[2]
}

// KeyLength is the length of a fingerprint.
const KeyLength = 16

// ExplanationAbout is the text beside the key in a returned copy: what has to be explained.
func ExplanationAbout(title, message string) string { return title + "：" + message }

// FillersWords is what a filler wrote into the cell of ExplanationAbout, after its text or instead of it. It is empty
// where the cell only has our text, of this round or an earlier one, and what the program added to it in brackets.
func FillersWords(about, title, message string) string {
	about, ours := strings.TrimSpace(about), ExplanationAbout(title, message)
	if rest, found := strings.CutPrefix(about, ours); found {
		if rest = strings.TrimSpace(rest); strings.HasPrefix(rest, "（原") { // 原来的说明…, 原说明不采纳…
			return ""
		}
		return rest
	}
	if strings.HasPrefix(about, ExplanationAbout(title, "")) || strings.Contains(text.NameKey(ours), text.NameKey(about)) {
		return ""
	}
	return about
}

// QuestionsHash is a hash of the prefilled rows of explanations, each with its key and text, in their order.
func QuestionsHash(rows [][2]string) string {
	h := sha256.New()
	for _, row := range rows {
		h.Write([]byte(strings.TrimSpace(row[0]) + "\x00" + text.NameKey(row[1]) + "\x01"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// NoteBegin and NoteEnd enclose our text in a cell note. Text before and after it is the submitter's.
const (
	NoteBegin = "▼ 批注："
	NoteEnd   = "▲ 批注完"
)

// WithoutNotes removes the text of returned copies from a cell note, of all rounds.
func WithoutNotes(note string) string {
	for {
		before, ours, found := strings.Cut(note, NoteBegin)
		if !found {
			return note
		}
		_, behind, _ := strings.Cut(ours, NoteEnd)
		note = strings.TrimSpace(strings.TrimSpace(before) + "\n" + strings.TrimSpace(behind))
	}
}
