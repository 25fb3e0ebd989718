using System.Text;
using SparseCore.Data;

namespace SparseCore.Tests.Data;

public class ImageFormatTests
{
    [Theory]
    [InlineData("GIF89a", "it is a GIF image; expected JPEG or PNG")]
    [InlineData("RIFF\x10\0\0\0WEBPVP8 ", "it is a WebP image; expected JPEG or PNG")]
    [InlineData("RIFF\x10\0\0\0WAVEfmt ", "it is no JPEG or PNG image; it begins with 52494646")]
    [InlineData("BM\x10\0\0\0", "it is a BMP image; expected JPEG or PNG")]
    [InlineData("II*\0\x08\0", "it is a TIFF image; expected JPEG or PNG")]
    [InlineData("MM\0*\0\x08", "it is a TIFF image; expected JPEG or PNG")]
    [InlineData("\0\0\0\x20" + "ftypheic\0\0", "it is a HEIC image; expected JPEG or PNG")]
    [InlineData("\0\0\0\x20" + "ftypmif1\0\0", "it is a HEIC image; expected JPEG or PNG")]
    [InlineData("\0\0\0\x20" + "ftypavif\0\0", "it is an AVIF image; expected JPEG or PNG")]
    [InlineData("\0\0\0\x20" + "ftypisom\0\0", "it is a video; expected JPEG or PNG")]
    [InlineData("\0\0\0\x0CjP  \r\n", "it is a JPEG 2000 image; expected JPEG or PNG")]
    [InlineData("\xFF\x0A\x10", "it is a JPEG XL image; expected JPEG or PNG")]
    [InlineData("PK\x03\x04", "it is a zip archive; expected JPEG or PNG")]
    [InlineData("\x1F\x8B\x08", "it is a gzip archive; expected JPEG or PNG")]
    [InlineData("%PDF-1.4", "it is a PDF document; expected JPEG or PNG")]
    [InlineData("\xEF\xBB\xBF\n <!DOCTYPE HTML>", "it is an HTML page, as servers send in place of a missing image; expected JPEG or PNG")]
    [InlineData("<html><head>", "it is an HTML page, as servers send in place of a missing image; expected JPEG or PNG")]
    [InlineData("<?xml version=\"1.0\"?><svg>", "it is an SVG drawing; expected JPEG or PNG")]
    [InlineData("<?xml version=\"1.0\"?><Error>", "it is an XML document; expected JPEG or PNG")]
    [InlineData(
        "version https://git-lfs.github.com/spec/v1\noid",
        "it is a Git LFS pointer in place of the image (get it with 'git lfs pull'); expected JPEG or PNG")]
    [InlineData("notes", "it is no JPEG or PNG image; it begins with 6E6F7465")]
    [InlineData("\xFF\xD8\0\0", "it is no JPEG or PNG image; it begins with FFD80000")]
    [InlineData("\x89PNG\n\x1A\n\0", "it is no JPEG or PNG image; it begins with 89504E47")]
    [InlineData("B", "it is no JPEG or PNG image; it begins with 42")]
    [InlineData("", "it is empty")]
    public void ReadHeader_refuses_another_format_by_its_name(string start, string sentence)
    {
        var file = Encoding.Latin1.GetBytes(start);
        Assert.Equal(sentence, Assert.Throws<InvalidDataException>(() => ImageDecoder.ReadHeader(file)).Message);
    }
}
