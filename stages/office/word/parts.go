package word

import (
	"path"
	"strconv"
	"strings"

	"lianheti/stages/text"

	"github.com/beevik/etree"
)

// Content types of the parts.
const (
	typeWord      = "application/vnd.openxmlformats-officedocument.wordprocessingml."
	typeMain      = typeWord + "document.main+xml"
	typeFonts     = typeWord + "fontTable+xml"
	typeFootnotes = typeWord + "footnotes+xml"
	typeSettings  = typeWord + "settings+xml"
	typeStyles    = typeWord + "styles+xml"
	typeCore      = "application/vnd.openxmlformats-package.core-properties+xml"
	typeRelations = "application/vnd.openxmlformats-package.relationships+xml"
)

const (
	relations2006 = "http://schemas.openxmlformats.org/package/2006/relationships"
	officeRel     = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

func contentTypes(parts []part) *etree.Element {
	root := node("Types", "xmlns", "http://schemas.openxmlformats.org/package/2006/content-types")
	add(root, "Default", "Extension", "rels", "ContentType", typeRelations)
	add(root, "Default", "Extension", "xml", "ContentType", "application/xml")
	for _, p := range parts {
		add(root, "Override", "PartName", "/"+p.name, "ContentType", p.kind)
	}
	return root
}

func rootRelations() *etree.Element {
	root := node("Relationships", "xmlns", relations2006)
	add(root, "Relationship", "Id", "main", "Type", officeRel+"officeDocument", "Target", "word/document.xml")
	add(root, "Relationship", "Id", "core", "Type", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", "Target", "docProps/core.xml")
	return root
}

// relations gives the relationships of the main part: every part beside it, under its name.
func relations(parts []part) *etree.Element {
	root := node("Relationships", "xmlns", relations2006)
	for _, p := range parts {
		if path.Dir(p.name) != "word" || p.kind == typeMain {
			continue
		}
		id := strings.TrimSuffix(path.Base(p.name), ".xml")
		add(root, "Relationship", "Id", id, "Type", officeRel+strings.TrimRight(id, "0123456789"), "Target", path.Base(p.name))
	}
	return root
}

// properties gives a title and nothing else: no names, no times.
func properties(title string) *etree.Element {
	root := node("cp:coreProperties", "xmlns:cp", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties", "xmlns:dc", "http://purl.org/dc/elements/1.1/")
	add(root, "dc:title").SetText(text.Legible(title))
	add(root, "dc:language").SetText("zh-CN")
	return root
}

func settings(d Document) *etree.Element {
	root := node("w:settings", "xmlns:w", wordML)
	toggle(root, "w:mirrorMargins", d.TwoSided)
	add(root, "w:defaultTabStop", "w:val", "420")
	add(root, "w:characterSpacingControl", "w:val", "compressPunctuation")
	separators := add(root, "w:footnotePr")
	add(separators, "w:footnote", "w:id", "-1")
	add(separators, "w:footnote", "w:id", "0")
	compat := add(root, "w:compat")
	add(compat, "w:doNotExpandShiftReturn") // a line that was broken by hand is not stretched
	add(compat, "w:compatSetting", "w:name", "compatibilityMode", "w:uri", "http://schemas.microsoft.com/office/word", "w:val", "15")
	add(root, "w:themeFontLang", "w:val", "en-US", "w:eastAsia", "zh-CN")
	return root
}

// fontTable names for each font what to take where it is missing: office PCs know 仿宋, not 仿宋_GB2312.
func fontTable() *etree.Element {
	root := node("w:fonts", "xmlns:w", wordML)
	for _, f := range [][2]string{{FangSong, "仿宋"}, {HeiTi, "SimHei"}, {BiaoSong, "宋体"}} {
		e := add(root, "w:font", "w:name", f[0])
		add(e, "w:altName", "w:val", f[1])
		add(e, "w:charset", "w:val", "86")
		add(e, "w:family", "w:val", "auto")
	}
	return root
}

// fonts sets a font for Chinese and Latin characters alike.
func fonts(name string) *etree.Element {
	return node("w:rFonts", "w:ascii", name, "w:eastAsia", name, "w:hAnsi", name, "w:cs", name, "w:hint", "eastAsia")
}

// styleIDs are the ids of the styles in the file; the names that people see are the styles themselves.
var styleIDs = map[Style]string{Plain: "Normal", Body: "Body", Title: "OfficialTitle", Heading: "Heading1", Small: "Small", footnote: "FootnoteText"}

func styleID(s Style) string {
	if id, ok := styleIDs[s]; ok {
		return id
	}
	return styleIDs[Plain]
}

// styles gives word/styles.xml for a document set in a type.
func styles(text Type) *etree.Element {
	root := node("w:styles", "xmlns:w", wordML)
	defaults := add(root, "w:docDefaults")
	run := add(add(defaults, "w:rPrDefault"), "w:rPr")
	run.AddChild(fonts(FangSong))
	add(run, "w:lang", "w:val", "en-US", "w:eastAsia", "zh-CN")
	add(defaults, "w:pPrDefault")
	for _, s := range []struct {
		style   Style
		name    string // Word's own name where it has the style built in
		font    string
		size    float64
		line    float64
		align   Align
		indent  float64
		before  float64
		after   float64
		outline bool
	}{
		{style: Plain, name: "Normal", size: text.Size, line: text.Line},
		{style: Body, size: text.Size, line: text.Line, align: Justify, indent: 2},
		{style: Title, font: BiaoSong, size: 22, line: 32, align: Centre, before: 6, after: 12, outline: true},
		{style: Heading, name: "heading 1", font: HeiTi, size: text.Size, line: text.Line, before: 6, after: 4, outline: true},
		{style: Small, size: 9, line: 12},
		{style: footnote, name: "footnote text", size: 9, line: 12},
	} {
		e := add(root, "w:style", "w:type", "paragraph", "w:styleId", styleID(s.style))
		name := s.name
		if name == "" {
			name = string(s.style)
		}
		add(e, "w:name", "w:val", name)
		if s.style == Plain {
			e.CreateAttr("w:default", "1")
		} else {
			add(e, "w:basedOn", "w:val", styleID(Plain))
		}
		add(e, "w:qFormat")
		p := add(e, "w:pPr")
		toggle(p, "w:keepNext", s.outline)
		add(p, "w:spacing", "w:before", points20(s.before), "w:after", points20(s.after), "w:line", points20(s.line), "w:lineRule", "exact")
		if s.indent > 0 {
			add(p, "w:ind", "w:firstLineChars", strconv.Itoa(int(s.indent*100)), "w:firstLine", points20(s.indent*s.size))
		}
		if s.align != "" {
			add(p, "w:jc", "w:val", string(s.align))
		}
		r := add(e, "w:rPr")
		if s.font != "" {
			r.AddChild(fonts(s.font))
		}
		add(r, "w:sz", "w:val", halfPoints(s.size))
		add(r, "w:szCs", "w:val", halfPoints(s.size))
	}
	return root
}
