/// Text inside SVG and HTML.
module Analysis.Markup

/// Replaces the characters that have a meaning in markup and in quoted attributes.
let escape (text: string) = text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;")
