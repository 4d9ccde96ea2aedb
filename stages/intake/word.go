package intake

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
)

// At is a file on disk.
func At(file string) Source {
	s := Source{Path: filepath.Base(file), disk: file, entry: -1}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		s.early = &Refusal{CodeUnreadable, "不是普通文件"}
	}
	return s
}

// Word proves a Word file and has its main part and footers read; read says why it is not the form, or is at fault.
func Word(s Source, read func(main []byte, footers [][]byte) (foreign string, err error)) model.File {
	out := model.File{Path: s.Path}
	if s.early != nil && s.early.fate() == model.Rejected {
		return refused(out, s.early).File
	}
	data, err := s.Read(MaxFile)
	if err != nil {
		return refused(out, s.unread(err)).File
	}
	out.SHA256, out.Size, out.Fate = model.Digest(data), int64(len(data)), model.Accepted
	main, footers, part, refusal := openWord(data)
	if refusal != nil {
		return refused(out, refusal).File
	}
	switch foreign, err := read(main, footers); {
	case err != nil:
		return refused(out, damaged(err, part)).File
	case foreign != "":
		return refused(out, refuse(CodeNotWordForm, "%s", foreign)).File
	}
	return out
}

// openWord gives the main part of a Word file, its footers, and the name of the main part.
func openWord(data []byte) (main []byte, footers [][]byte, part string, refusal *Refusal) {
	p, refusal := unpack(data, ooxml.Open)
	if refusal != nil {
		return nil, nil, "", notWord(refusal)
	}
	part, kind, err := p.Main(ooxml.NewWalker())
	switch {
	case err != nil:
		return nil, nil, "", damaged(err, "[Content_Types].xml")
	case strings.Contains(kind, "macroEnabled"):
		return nil, nil, "", refuse(CodeNotWord, "带宏的文档（.docm）")
	case strings.Contains(kind, "spreadsheetml"):
		return nil, nil, "", refuse(CodeNotWord, "工作簿（.xlsx）")
	case strings.HasPrefix(string(p.Get("mimetype")), "application/vnd.oasis"):
		return nil, nil, "", refuse(CodeNotWord, "ODF 文档（.odt）")
	case !strings.Contains(kind, "wordprocessingml") || !p.Has(part):
		return nil, nil, "", refuse(CodeNotWord, "别的压缩文件")
	}
	for n := range 64 { // more than any program writes
		if footer := p.Get(fmt.Sprintf("%s/footer%d.xml", path.Dir(part), n)); footer != nil {
			footers = append(footers, footer)
		}
	}
	return p.Get(part), footers, part, nil
}

// notWord says of a file that is no container of parts what it is instead of a Word form.
func notWord(r *Refusal) *Refusal {
	what := map[string]string{CodeOldExcel: "旧版文档（.doc 或 .wps）", CodeWebPage: "网页或文本", CodeCSV: "网页或文本",
		CodeOtherArchive: "压缩包", CodeNotWorkbook: strings.TrimSpace(r.Detail)}[r.Code]
	if what == "" {
		return r
	}
	return &Refusal{CodeNotWord, what}
}
