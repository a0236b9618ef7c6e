"""Articles for tests, written for this project."""

FIRST_PARAGRAPH = (
    "The ministry of the northern province said on Tuesday that it had closed four warehouses in "
    "which machines were running by night. Officials counted more than two hundred of them and cut "
    "the power lines the same evening. Nobody was arrested, according to the statement, and the "
    "owners may appeal within thirty days."
)
SECOND_PARAGRAPH = (
    "Residents had complained about the noise since the spring. A second inspection is planned for "
    "next month, when the new rules on electricity take effect in all districts."
)
ARTICLE_TEXT = f"Four warehouses closed in the north\n\n{FIRST_PARAGRAPH}\n\n{SECOND_PARAGRAPH}\n"
ARTICLE_HTML = f"""<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8">
<title>Warehouses closed | The Northern Post</title>
<meta property="og:title" content="Four warehouses closed in the north">
<meta property="og:site_name" content="The Northern Post">
<meta property="article:published_time" content="2021-06-09T23:30:00+08:00">
<link rel="canonical" href="https://post.example/warehouses">
<script type="application/ld+json">{{"@context": "https://schema.org", "@graph": [
 {{"@type": "NewsArticle", "headline": "Another headline",
  "author": [{{"@type": "Person", "name": "Ann Example"}}, {{"name": "Bo Sample"}}]}}]}}</script>
<style>p {{ color: red }}</style></head>
<body><nav><ul><li>Home<li>World</ul></nav>
<h1>Four warehouses closed</h1>
<p>{FIRST_PARAGRAPH}</p><script>alert("no words of an article")</script>
<p>Caf&eacute;s &amp; shops<br>stayed open.</p>
<div class="post-share">Tell everybody</div>
<h3>Related Articles</h3><p>Back to top</p>
<footer>Printed in the north</footer></body></html>
"""
ARTICLE_PARAGRAPHS = [
    "Home",
    "World",
    "Four warehouses closed",
    FIRST_PARAGRAPH,
    "Cafés & shops\nstayed open.",
    "Tell everybody",
    "Related Articles",
    "Back to top",
    "Printed in the north",
]
