package intake

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// MaxFile bounds what is read of a file.
const MaxFile = ooxml.MaxFile

// Refusal is why a file can't be used: a code of the catalogue, and what exactly, for a person.
type Refusal struct {
	Code   string
	Detail string
}

// fate is the file's: codes from 050 on say that it is no submission.
func (r *Refusal) fate() model.Fate {
	if strings.HasPrefix(r.Code, "LHT-1-05") {
		return model.Ignored
	}
	return model.Rejected
}

func refused(file model.File, r *Refusal) model.Workbook {
	file.Fate, file.Code, file.Detail = r.fate(), r.Code, r.Detail
	return model.Workbook{File: file}
}

func refuse(code, format string, args ...any) *Refusal {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// unpack gives the parts of a workbook's container: with ooxml.Open, proven whole.
func unpack(data []byte, with func([]byte) (*ooxml.Parts, error)) (*ooxml.Parts, *Refusal) {
	if refusal := sniff(data); refusal != nil {
		return nil, refusal
	}
	var p *ooxml.Parts
	plain, err := ooxml.Decrypt(data)
	if err == nil {
		p, err = with(plain)
	}
	if err != nil {
		return nil, damaged(err, "")
	}
	return p, nil
}

// kind refuses containers that hold something other than a workbook; main is the content type of the main part.
func kind(p *ooxml.Parts, main string) *Refusal {
	types := string(p.Get("[Content_Types].xml"))
	switch {
	case strings.HasPrefix(string(p.Get("mimetype")), "application/vnd.oasis"):
		return &Refusal{CodeOpenDocument, ""}
	case strings.Contains(main, "macroEnabled") || strings.Contains(main, "sheet.binary"):
		return &Refusal{CodeMacro, ""}
	case strings.Contains(types, "wordprocessingml"), p.Has("word/document.xml"):
		return &Refusal{CodeNotWorkbook, "Word 文档"}
	case strings.Contains(types, "presentationml"):
		return &Refusal{CodeNotWorkbook, "演示文稿"}
	case types == "":
		return &Refusal{CodeNotWorkbook, "压缩包"}
	}
	return nil
}

// codes of the faults that a container can have.
var codes = map[ooxml.Kind]string{ooxml.Incomplete: CodeIncomplete, ooxml.Damaged: CodeDamaged,
	ooxml.Encrypted: CodeEncrypted, ooxml.OldOffice: CodeOldExcel, ooxml.Inflates: CodeInflates,
	ooxml.Excessive: CodeManyParts}

// damaged turns the fault of a container, or of one of its parts, into a refusal.
func damaged(err error, part string) *Refusal {
	f, ok := errors.AsType[*ooxml.Fault](err)
	if !ok {
		return refuse(CodeDamaged, "%v", err)
	}
	if part != "" && f.Kind == ooxml.Damaged {
		return refuse(CodeDamaged, "%s：%s", path.Base(part), f.Detail)
	}
	return &Refusal{codes[f.Kind], f.Detail}
}

// wrong is what a part says that can't be; tooMany is more of something than a form can have.
func wrong(what string) error   { return &ooxml.Fault{Kind: ooxml.Damaged, Detail: what} }
func tooMany(what string) error { return &ooxml.Fault{Kind: ooxml.Excessive, Detail: what} }

// headSize is how much of a file tells its kind.
const headSize = 4096

// sniff tells by the first bytes what a file is that is not a container of parts.
func sniff(data []byte) *Refusal {
	head := data[:min(len(data), headSize)]
	lower := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")))
	html := strings.Contains(lower, "<html")
	switch {
	case len(data) == 0:
		return &Refusal{CodeEmpty, ""}
	case len(data) > ooxml.MaxFile:
		return &Refusal{CodeTooLarge, "超过 20 MB"}
	case bytes.HasPrefix(data, ooxml.MagicZip), bytes.HasPrefix(data, ooxml.MagicOLE):
		return nil
	case strings.HasPrefix(lower, "%pdf"):
		return &Refusal{CodeNotWorkbook, " PDF 文件"}
	case archived(head) != "":
		return &Refusal{CodeOtherArchive, archived(head)}
	case begins(head, oldBooks...):
		return &Refusal{CodeOldExcel, ""}
	case strings.HasPrefix(lower, "mime-version"):
		return &Refusal{CodeWebPage, "MHT"}
	case !html && (strings.HasPrefix(lower, "<?xml") || strings.HasPrefix(lower, "<office:")):
		return &Refusal{CodeWebPage, "XML"}
	case html, strings.HasPrefix(lower, "<!doctype html"), strings.Contains(lower, "<table"):
		return &Refusal{CodeWebPage, "HTML"}
	case bytes.HasPrefix(head, []byte("UEsDB")): // "PK\x03\x04" as mail carries it
		return refuse(CodeIncomplete, "还是邮件的 Base64 编码，没有还原")
	case begins(head, "\x89PNG", "\xFF\xD8\xFF", "GIF8", "BM"):
		return &Refusal{CodeNotWorkbook, "图片"}
	case len(data) < 3: // no table of any kind
		return refuse(CodeIncomplete, "只有 %d 个字节", len(data))
	case isText(head) && strings.ContainsAny(lower, ",\t;；，"):
		return &Refusal{CodeCSV, ""}
	case isText(head):
		return &Refusal{CodeWebPage, "文本"}
	}
	return refuse(CodeIncomplete, "开头不是表格文件")
}

// oldBooks begin as workbooks did before containers: BIFF 2 to 5 and 8, each with the length of its first record.
var oldBooks = []string{
	"\x09\x00\x04\x00", "\x09\x02\x06\x00", "\x09\x04\x06\x00", "\x09\x08\x08\x00", "\x09\x08\x10\x00",
}

func archived(head []byte) string {
	for magic, kind := range map[string]string{"Rar!": "RAR", "7z\xBC\xAF\x27\x1C": "7Z", "\x1F\x8B": "GZ", "BZh": "BZ2",
		"\xFD7zXZ\x00": "XZ", "\x28\xB5\x2F\xFD": "ZST", "MSCF": "CAB"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return kind
		}
	}
	const at = 257
	if len(head) > at && begins(head[at:], "ustar") {
		return "TAR"
	}
	return ""
}

func begins(head []byte, magics ...string) bool {
	return slices.ContainsFunc(magics, func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) })
}

// isText says whether the bytes are readable text, in UTF-8 or GBK.
func isText(head []byte) bool {
	whole := head
	for range utf8.UTFMax - 1 { // the last character may be cut off
		if !utf8.Valid(whole) {
			whole = whole[:len(whole)-1]
		}
	}
	if utf8.Valid(whole) {
		head = whole
	} else {
		plain, err := simplifiedchinese.GB18030.NewDecoder().Bytes(head)
		if err != nil {
			return false
		}
		head = plain
	}
	bad := 0
	for _, r := range string(head) {
		if r < 0x20 && !strings.ContainsRune("\t\r\n", r) || r == utf8.RuneError {
			bad++
		}
	}
	return bad*50 <= len(head)
}
