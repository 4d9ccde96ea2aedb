// Package word writes Word files: the same bytes for the same content, document properties without names and times,
// Chinese fonts that Word, WPS and LibreOffice all find, exact line spacing, and texts that never become a field or
// link.
//
// A document is plain data: sections of paragraphs and tables. Lengths on paper are in millimetres, font sizes and
// spacing in points, indents in characters. Write checks that the rows of tables fill their columns.
package word

// Document is a Word file.
type Document struct {
	Title string // in the document properties
	Text  Type   // default; zero: FormText
	// TwoSided mirrors the margins of left and right pages: printed on both sides, bound on the left.
	TwoSided bool
	Sections []Section
}

// Type is the font size and the exact line spacing, in points.
type Type struct{ Size, Line float64 }

// Types of the documents of the call.
var (
	FormText   = Type{12, 16} // 小四、固定值16磅: 附件3 说明四
	LetterText = Type{16, 28} // 三号、固定值28磅: usual in official letters (GB/T 9704)
)

// Section are pages with the same paper, header and footer. Footnotes are numbered from 1 on each page.
type Section struct {
	Page   Page
	Header []Paragraph
	Footer []Paragraph
	// FirstPage is the number of the section's first page; 0 continues the numbers.
	FirstPage int
	Body      []Block
}

// Page is a paper size with margins, in millimetres. Left is the binding margin.
type Page struct {
	Width, Height            float64
	Top, Bottom, Left, Right float64
}

// Papers of the call.
var (
	A4      = Page{Width: 210, Height: 297, Top: 25, Bottom: 25, Left: 27, Right: 27}
	A4Bound = Page{Width: 210, Height: 297, Top: 22, Bottom: 20, Left: 30, Right: 20} // left binding margin
)

// Inside is the width between the margins.
func (p Page) Inside() float64 { return p.Width - p.Left - p.Right }

// Block is a Paragraph or a Table.
type Block interface{ block() }

// Style is a paragraph style, by its name in Word's list of styles.
type Style string

const (
	Plain   Style = "正文"   // no indent; what stands in tables
	Body    Style = "正文缩进" // first line two characters in, justified
	Title   Style = "公文标题" // 小标宋 22 points, centred
	Heading Style = "小节标题" // 黑体; stays with what follows
	Small   Style = "小字"   // 9 points: headers, footers, remarks
)

// Align is the alignment of a paragraph.
type Align string

const (
	Left   Align = "left"
	Centre Align = "center"
	Right  Align = "right"
	Spread Align = "distribute" // over the whole width: 推　荐　地　市
)

// Paragraph is one paragraph.
type Paragraph struct {
	Style         Style   // empty: Plain
	Align         Align   // empty: the style's
	Line          float64 // exact distance of lines; 0: the style's
	Before, After float64 // space above and below
	NewPage       bool    // begins a page
	KeepNext      bool    // stays on the page of the next paragraph
	Runs          []Run
}

func (Paragraph) block() {}

// Run is a piece of text with one format.
type Run struct {
	Text     string // \n breaks the line
	Font     string // empty: the style's
	Size     float64
	Footnote string // a footnote after the text
	Field    Field  // instead of Text
}

// Field is a value that Word computes.
type Field string

const PageNumber Field = "PAGE"

// HeiTi is the font of headings; it is written with its alternative names on other systems.
const HeiTi = "黑体"

// Table is a grid. A cell over several columns is one Cell; one over several rows has a Continued Cell in those below.
type Table struct {
	Columns []float64 // widths in millimetres
	Bare    bool      // without lines
	Rows    []Row
}

func (Table) block() {}

// Row is one row of a table.
type Row struct {
	Height float64 // least height in millimetres; 0: as the text needs
	Header bool    // repeated on every page; only the first rows of a table
	Whole  bool    // never broken over two pages
	Keep   bool    // stays on the page of the next row
	Cells  []Cell
}

// Cell is one cell of a table.
type Cell struct {
	Span, Down int   // columns and rows it covers; 0 is 1
	Continued  bool  // part of the cell above
	Align      Align // default of its paragraphs
	Top        bool  // text at the top; otherwise in the middle
	Underlined bool  // a line below, in a Bare table: blanks of a cover
	Body       []Paragraph
}

// P is a paragraph of plain text.
func P(style Style, text string) Paragraph { return Paragraph{Style: style, Runs: []Run{{Text: text}}} }

// Text is a cell with text on the left.
func Text(text string) Cell { return Cell{Body: []Paragraph{P(Plain, text)}} }

// Label is a cell with centred text.
func Label(text string) Cell { return Cell{Align: Centre, Body: []Paragraph{P(Plain, text)}} }

// PageNumbers is a footer with the number of the page.
func PageNumbers() []Paragraph {
	return []Paragraph{{Style: Small, Align: Centre, Runs: []Run{{Text: "— "}, {Field: PageNumber}, {Text: " —"}}}}
}
