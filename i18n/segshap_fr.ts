<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr">
<context>
    <name>CardWizard</name>
    <message>
        <source>Card of {}</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>CellsPreview</name>
    <message>
        <source>Cutting super-pixels</source>
        <translation>Découpage des superpixels</translation>
    </message>
    <message>
        <source>Choose a raster layer first.</source>
        <translation>Choisissez d'abord une couche raster.</translation>
    </message>
    <message>
        <source>The map does not show the raster.</source>
        <translation>La carte ne montre pas le raster.</translation>
    </message>
    <message>
        <source>{} super-pixels in a window</source>
        <translation>{} superpixels dans une fenêtre</translation>
    </message>
</context>
<context>
    <name>Chart</name>
    <message>
        <source>The chart could not be written to {}.</source>
        <translation>Le graphique n'a pas pu être écrit dans {}.</translation>
    </message>
    <message>
        <source>Check that the folder can be written to and the disk has room.</source>
        <translation>Vérifiez que le dossier est accessible en écriture et qu'il reste de la place sur le disque.</translation>
    </message>
</context>
<context>
    <name>CheckPage</name>
    <message>
        <source>Try it on an open raster</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Raster to try the model on</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Try</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The card is written beside the file when you finish.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Open a raster in the project first.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Running…</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>CompareModels</name>
    <message>
        <source>Agreement</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>One row for each feature.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Super-pixels</source>
        <translation>Superpixels</translation>
    </message>
    <message>
        <source>Contributions to both models and their difference. Use a file of its own.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A row could not be written.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>ConvergenceChart</name>
    <message>
        <source>Precision against evaluations</source>
        <translation>Précision en fonction des évaluations</translation>
    </message>
    <message>
        <source>The largest standard error, as a share of the map's range, after so many evaluations of the model. The dashed line is the goal of the chosen effort.</source>
        <translation>La plus grande erreur type, en part de l'étendue de la carte, après autant d'évaluations du modèle. La ligne tiretée est l'objectif de l'effort choisi.</translation>
    </message>
    <message>
        <source>{:.1%} after {} evaluations</source>
        <translation>{:.1%} après {} évaluations</translation>
    </message>
    <message>
        <source>Too few refreshes for a curve</source>
        <translation>Trop peu de points pour une courbe</translation>
    </message>
    <message>
        <source>evaluations</source>
        <translation>évaluations</translation>
    </message>
</context>
<context>
    <name>DependencyNotice</name>
    <message>
        <source>&lt;b&gt;PyTorch is missing.&lt;/b&gt; SegSHAP runs its models with it. It can be installed into a folder of SegSHAP's own (about 200 MB to download, 1 GB on the disk); QGIS's Python and your other plugins are not touched.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Installing</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Install</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Download PyTorch for the processor.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Install for C&amp;UDA</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>For NVIDIA graphics cards: about 3 GB to download.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Install from &amp;folder…</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Without network: a folder with the wheels of PyTorch and what it needs.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>What was downloaded is kept for the next time.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Cop&amp;y command</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A command for a terminal that installs PyTorch.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Copy &amp;diagnostics</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Versions, folders and what pip said, as text.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Check a&amp;gain</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Look whether PyTorch is there now.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Starting…</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Arrêt…</translation>
    </message>
    <message>
        <source>Cancelled; nothing was changed.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Installed in {}.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Folder with wheels</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Diagnostics are on the clipboard.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Command that installs PyTorch</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The same by hand, for a terminal.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>DescribePage</name>
    <message>
        <source>What does the model read, and what does it tell?</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Title</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Name for people.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>backscatter</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Names of the bands in the model's order, with commas between them.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Bands</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Values times a factor</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Minus a mean, over a standard deviation</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Radar: decibel against the median, over 4 dB</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>What was done to the pixel values in training.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Normalisation</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A number, or a fraction such as 1/255.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Factor</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>One number for each band with commas between them, in raw pixel values.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Mean</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Standard &amp;deviation</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>background, oil</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Names of the classes in the order of the model's outputs. A model with one output has two: the rest, and the class.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Classes</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Scores (logits)</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Probabilities</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Probabilities if a softmax or sigmoid is part of the file.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Output</source>
        <translation>S&amp;ortie</translation>
    </message>
    <message>
        <source>Side in pixels of the images that it was trained on.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Window</source>
        <translation>Fe&amp;nêtre</translation>
    </message>
    <message>
        <source>Name at least one band.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Name the classes.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A standard deviation is 0.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>Dock</name>
    <message>
        <source>&amp;Defaults</source>
        <translation>Valeurs par &amp;défaut</translation>
    </message>
    <message>
        <source>All settings as the plugin and the model propose; the project forgets them.</source>
        <translation>Tous les réglages tels que l'extension et le modèle les proposent ; le projet les oublie.</translation>
    </message>
    <message>
        <source>E&amp;xplain</source>
        <translation>E&amp;xpliquer</translation>
    </message>
    <message>
        <source>Res&amp;ults</source>
        <translation>Rés&amp;ultats</translation>
    </message>
</context>
<context>
    <name>ExplainRegions</name>
    <message>
        <source>Summary</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>One row for each feature, with the region as the model's pixels show it.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Super-pixels</source>
        <translation>Superpixels</translation>
    </message>
    <message>
        <source>Every super-pixel of every run with its contribution. Use a file of its own.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Whole runs, with rasters and settings</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>An existing GeoPackage is added to. Use a file of its own.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Feature {name}: p({target}) = {p:.3f}, base value {base:.3f}, {evaluations} evaluations, precision {precision:.1%}</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>ExplainSlicks</name>
    <message>
        <source>Slicks (polygons)</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>As “Find slicks” writes them, or any polygons in any coordinate system.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Surroundings are near within so many pixels</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Divides near surroundings from far context in the shares.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Only estimate time and memory</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Explains a part of the first window, says what all would cost, and stops.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Explained slicks</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A GeoPackage of its own; that of an earlier queue is replaced.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Dask scheduler</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Address such as tcp://10.0.0.5:8786; on this machine if empty.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Send pixels to the workers</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Where the workers cannot read the raster under the same path.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>TLS authority</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>TLS certificate</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>TLS key</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>PEM file; all three for a scheduler at a tls:// address.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Dashboard: {}</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Cancelled. The same run to the same file goes on where it was.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} slicks explained, {} not, in {} windows.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>Exports</name>
    <message>
        <source>Export to GeoPackage</source>
        <translation>Exporter en GeoPackage</translation>
    </message>
    <message>
        <source>GeoPackage (*.gpkg)</source>
        <translation>GeoPackage (*.gpkg)</translation>
    </message>
    <message>
        <source>Export GeoTIFF</source>
        <translation>Exporter en GeoTIFF</translation>
    </message>
    <message>
        <source>GeoTIFF (*.tif)</source>
        <translation>GeoTIFF (*.tif)</translation>
    </message>
    <message>
        <source>Writing {}</source>
        <translation>Écriture de {}</translation>
    </message>
    <message>
        <source>Written: {}</source>
        <translation>Écrit : {}</translation>
    </message>
</context>
<context>
    <name>FeatureAlgorithm</name>
    <message>
        <source>Regions (polygons or points)</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Each feature is explained on its own; any coordinate system will do.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Field with the features' names</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The features' numbers are used if it is empty.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>What a feature stands for</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>region: the pixels in a polygon or under a point. slick: the connected area around a point where the model sees the class.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Feature {}: {}</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Cancelled: {} features are in the output.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>None of the {} features could be explained.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} features explained, {} not.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>FindSlicks</name>
    <message>
        <source>Map of probability</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>As “Segment a whole raster” writes it; any raster from 0 to 1 will do.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Radar image</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>For the contrast; in the same coordinate system. Left empty: no contrast.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Band of the radar image</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The band whose backscatter is compared.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Unit of the radar image</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Recognised from the values unless it is set.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Width of the surroundings, in pixels</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>How wide the ring is that a slick's contrast compares with.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Slicks</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>One polygon for each slick, the largest first.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Threshold</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Pixels of this probability and above belong to slicks.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Smallest area, in square metres</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Smaller areas are left out.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Simplify outlines by, in metres (0: not at all)</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>How far a simplified outline may depart from the pixels' edges.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Cancelled: no slick was written.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} slicks.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>Headline</name>
    <message>
        <source>base {:.2f}; </source>
        <translation>base {:.2f} ; </translation>
    </message>
    <message>
        <source>hiding everything hardly changes it, so there is little to explain</source>
        <translation>tout masquer n'y change presque rien : il y a peu à expliquer</translation>
    </message>
    <message>
        <source>1 cell carries 80% of the difference</source>
        <translation>1 cellule porte 80 % de la différence</translation>
    </message>
    <message>
        <source>{} cells carry 80% of the difference</source>
        <translation>{} cellules portent 80 % de la différence</translation>
    </message>
</context>
<context>
    <name>InsertionDeletion</name>
    <message>
        <source>Random orders to compare with</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>More of them make the comparison surer, and the run longer.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Areas under the curves</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A table with one row for each feature.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Curves</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A table with one row for each step of each curve. Use a file of its own.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Feature {}: curves</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A row could not be written.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>MakeSuperpixels</name>
    <message>
        <source>Part of the raster</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The whole raster if it is empty.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Super-pixels</source>
        <translation>Superpixels</translation>
    </message>
    <message>
        <source>One polygon each, with its number, area and mean values.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} super-pixels.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>Messages</name>
    <message>
        <source>The explanation failed: {}</source>
        <translation>L'explication a échoué : {}</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Détails</translation>
    </message>
</context>
<context>
    <name>MethodSection</name>
    <message>
        <source>Quick</source>
        <translation>Rapide</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>Équilibré</translation>
    </message>
    <message>
        <source>Thorough</source>
        <translation>Approfondi</translation>
    </message>
    <message>
        <source>Large</source>
        <translation>Grands</translation>
    </message>
    <message>
        <source>Medium</source>
        <translation>Moyens</translation>
    </message>
    <message>
        <source>Small</source>
        <translation>Petits</translation>
    </message>
    <message>
        <source>Ad&amp;vanced</source>
        <translation>A&amp;vancé</translation>
    </message>
    <message>
        <source>Own size</source>
        <translation>Taille personnalisée</translation>
    </message>
    <message>
        <source>&amp;Super-pixels</source>
        <translation>&amp;Superpixels</translation>
    </message>
    <message>
        <source>Size of the cells that are shown or hidden. Smaller cells show more detail and need more evaluations. Compare maps only at equal size.</source>
        <translation>Taille des cellules montrées ou masquées. De petites cellules montrent plus de détails et demandent plus d'évaluations. Ne comparez des cartes qu'à taille égale.</translation>
    </message>
    <message>
        <source>Sho&amp;w them on the map</source>
        <translation>Les &amp;montrer sur la carte</translation>
    </message>
    <message>
        <source>Draws the cells of a window in the middle of the map, before any run.</source>
        <translation>Dessine les cellules d'une fenêtre au milieu de la carte, avant tout calcul.</translation>
    </message>
    <message>
        <source>Own effort</source>
        <translation>Effort personnalisé</translation>
    </message>
    <message>
        <source>&amp;Effort</source>
        <translation>&amp;Effort</translation>
    </message>
    <message>
        <source>A run stops by itself once the map is as precise as the effort asks for.</source>
        <translation>Un calcul s'arrête de lui-même dès que la carte a la précision que demande l'effort.</translation>
    </message>
    <message>
        <source>Expected time</source>
        <translation>Durée prévue</translation>
    </message>
    <message>
        <source>Bac&amp;kground</source>
        <translation>&amp;Fond</translation>
    </message>
    <message>
        <source>What hidden cells are painted with. The image mean suits SAR: black would itself look like oil.</source>
        <translation>Ce dont on peint les cellules masquées. La moyenne de l'image convient au radar : le noir ressemblerait lui-même à une nappe.</translation>
    </message>
    <message>
        <source>Colour-b&amp;lind safe colours</source>
        <translation>Couleurs pour dal&amp;toniens</translation>
    </message>
    <message>
        <source>Purple for and orange against the class, instead of green and red.</source>
        <translation>Violet pour et orange contre la classe, au lieu de vert et rouge.</translation>
    </message>
    <message>
        <source>Image mean</source>
        <translation>Moyenne de l'image</translation>
    </message>
    <message>
        <source>Mean of each cell</source>
        <translation>Moyenne de chaque cellule</translation>
    </message>
    <message>
        <source>Blurred image</source>
        <translation>Image floutée</translation>
    </message>
    <message>
        <source>Black</source>
        <translation>Noir</translation>
    </message>
    <message>
        <source>Hexagons</source>
        <translation>Hexagones</translation>
    </message>
    <message>
        <source>Squares</source>
        <translation>Carrés</translation>
    </message>
    <message>
        <source>SLIC (follows the image)</source>
        <translation>SLIC (suit l'image)</translation>
    </message>
    <message>
        <source>S&amp;hape</source>
        <translation>&amp;Forme</translation>
    </message>
    <message>
        <source>Shape of the super-pixels.</source>
        <translation>Forme des superpixels.</translation>
    </message>
    <message>
        <source> pixels</source>
        <translation> pixels</translation>
    </message>
    <message>
        <source>Side of a hexagon or square.</source>
        <translation>Côté d'un hexagone ou d'un carré.</translation>
    </message>
    <message>
        <source>Si&amp;de</source>
        <translation>C&amp;ôté</translation>
    </message>
    <message>
        <source>How often the model is run at most.</source>
        <translation>Combien de fois le modèle est exécuté au plus.</translation>
    </message>
    <message>
        <source>Evaluatio&amp;ns</source>
        <translation>Évaluatio&amp;ns</translation>
    </message>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source>never</source>
        <translation>jamais</translation>
    </message>
    <message>
        <source>Stop when the largest standard error is this share of the map's range.</source>
        <translation>Arrêter quand la plus grande erreur type est cette part de l'étendue de la carte.</translation>
    </message>
    <message>
        <source>S&amp;top at</source>
        <translation>Arrê&amp;ter à</translation>
    </message>
    <message>
        <source>Side of the square window around the region that the model sees.</source>
        <translation>Côté de la fenêtre carrée, autour de la région, que le modèle voit.</translation>
    </message>
    <message>
        <source>&amp;Window</source>
        <translation>Fe&amp;nêtre</translation>
    </message>
    <message>
        <source>no</source>
        <translation>non</translation>
    </message>
    <message>
        <source>Merge so many pixels along each side into one. Only where the model was trained on coarser pixels than the raster has.</source>
        <translation>Fusionner autant de pixels de chaque côté en un seul. Seulement si le modèle a été entraîné sur des pixels plus grossiers que ceux du raster.</translation>
    </message>
    <message>
        <source>Merge &amp;pixels</source>
        <translation>Fusionner les &amp;pixels</translation>
    </message>
    <message>
        <source>Recognise from the values</source>
        <translation>Reconnaître d'après les valeurs</translation>
    </message>
    <message>
        <source>Amplitude</source>
        <translation>Amplitude</translation>
    </message>
    <message>
        <source>Power (sigma0, gamma0)</source>
        <translation>Puissance (sigma0, gamma0)</translation>
    </message>
    <message>
        <source>Decibel</source>
        <translation>Décibel</translation>
    </message>
    <message>
        <source>What the pixel values are.</source>
        <translation>Ce que sont les valeurs des pixels.</translation>
    </message>
    <message>
        <source>&amp;Unit</source>
        <translation>&amp;Unité</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>Probabilité</translation>
    </message>
    <message>
        <source>Score before softmax</source>
        <translation>Score avant softmax</translation>
    </message>
    <message>
        <source>Decision (0 or 1)</source>
        <translation>Décision (0 ou 1)</translation>
    </message>
    <message>
        <source>Which output of the model is averaged over the region.</source>
        <translation>La sortie du modèle dont on prend la moyenne sur la région.</translation>
    </message>
    <message>
        <source>&amp;Output</source>
        <translation>S&amp;ortie</translation>
    </message>
    <message>
        <source>Same seed and settings: same result.</source>
        <translation>Même graine et mêmes réglages : même résultat.</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Graine</translation>
    </message>
    <message>
        <source>Time on this machine: known after the first run.</source>
        <translation>Durée sur cette machine : connue après le premier calcul.</translation>
    </message>
    <message>
        <source>At most about {} on this machine, as the last run went.</source>
        <translation>Au plus {} environ sur cette machine, d'après le dernier calcul.</translation>
    </message>
</context>
<context>
    <name>ModelManager</name>
    <message>
        <source>Model</source>
        <translation>Modèle</translation>
    </message>
    <message>
        <source>Format</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Where from</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The chosen model's card</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Raster to try the model on</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Add…</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Add a card, an ONNX or a TorchScript file.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>T&amp;rust</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Let this TorchScript program run: only if you know where it comes from.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Re&amp;move</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Take it off this list. Its files stay.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>&amp;Try on</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Run the model once on the middle of the raster.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>comes with SegSHAP</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Added: {}</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Open a raster in the project, and choose it here.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>PyTorch is missing. SegSHAP's dock says how to get it.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Running…</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Add a model</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Models (*.json *.onnx *.pt *.pts *.torchscript)</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} is trusted no longer.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} is trusted on this computer, as it is now.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} is off the list; its files are where they were.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Dist&amp;rust</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Bands</source>
        <translation>Bandes</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>Classes</translation>
    </message>
    <message>
        <source>Normalisation</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} pixels</source>
        <translation>{} pixels</translation>
    </message>
    <message>
        <source>Terms</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>File</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>trusted</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>not trusted: it does not run</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Program</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>ModelTrial</name>
    <message>
        <source>Trying {}</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>It runs: {} x {} pixels of “{}” in {:.1f} s; winning classes: {}.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>PickTool</name>
    <message>
        <source>Choose a raster layer first.</source>
        <translation>Choisissez d'abord une couche raster.</translation>
    </message>
    <message>
        <source>“{}” is drawn from web tiles and has no pixel values. Save it as a raster file, or choose another layer.</source>
        <translation>« {} » vient de tuiles web et n'a pas de valeurs de pixels. Enregistrez-la comme fichier raster, ou choisissez une autre couche.</translation>
    </message>
    <message>
        <source>This place cannot be converted to the coordinates of “{}”.</source>
        <translation>Ce lieu ne peut pas être converti dans les coordonnées de « {} ».</translation>
    </message>
</context>
<context>
    <name>Picking</name>
    <message>
        <source>Pi&amp;xel</source>
        <translation>Pi&amp;xel</translation>
    </message>
    <message>
        <source>Explain one pixel: click it on the map.</source>
        <translation>Expliquer un pixel : cliquez-le sur la carte.</translation>
    </message>
    <message>
        <source>&amp;Region</source>
        <translation>&amp;Région</translation>
    </message>
    <message>
        <source>Explain a region: click its corners, or drag to draw freehand. Backspace takes a corner back, Esc clears, double-click, Enter or right-click finishes.</source>
        <translation>Expliquer une région : cliquez ses sommets, ou tirez pour dessiner à main levée. Retour arrière enlève un sommet, Échap efface tout, double-clic, Entrée ou clic droit termine.</translation>
    </message>
    <message>
        <source>Predicted slic&amp;k</source>
        <translation>Nappe &amp;prédite</translation>
    </message>
    <message>
        <source>Explain what the model found: click inside a slick on the map.</source>
        <translation>Expliquer ce que le modèle a trouvé : cliquez dans une nappe sur la carte.</translation>
    </message>
    <message>
        <source>Selected &amp;features</source>
        <translation>&amp;Entités sélectionnées</translation>
    </message>
    <message>
        <source>Explain every feature selected in a polygon layer on its own, one after the other. The arrow offers to explain them together as one region.</source>
        <translation>Expliquer séparément, l'une après l'autre, les entités sélectionnées d'une couche de polygones. La flèche propose de les expliquer ensemble comme une seule région.</translation>
    </message>
    <message>
        <source>&amp;Each feature on its own</source>
        <translation>&amp;Chaque entité séparément</translation>
    </message>
    <message>
        <source>&amp;All features together as one region</source>
        <translation>&amp;Toutes les entités ensemble, comme une région</translation>
    </message>
    <message>
        <source>{} features are selected. Select at most {}, explain them together, or take “Explain regions” of the Processing Toolbox, which is made for many.</source>
        <translation>{} entités sont sélectionnées. Sélectionnez-en {} au plus, expliquez-les ensemble, ou prenez « Explain regions » de la boîte à outils de traitements, qui est faite pour un grand nombre.</translation>
    </message>
    <message>
        <source>Choose a raster layer first.</source>
        <translation>Choisissez d'abord une couche raster.</translation>
    </message>
    <message>
        <source>Select at least one feature in a polygon layer first.</source>
        <translation>Sélectionnez d'abord au moins une entité d'une couche de polygones.</translation>
    </message>
    <message>
        <source>The selected features have no place on this raster.</source>
        <translation>Les entités sélectionnées n'ont pas de place sur ce raster.</translation>
    </message>
</context>
<context>
    <name>PixelTool</name>
    <message>
        <source>There is no pixel here: click inside the raster.</source>
        <translation>Il n'y a pas de pixel ici : cliquez dans le raster.</translation>
    </message>
</context>
<context>
    <name>ProgressSection</name>
    <message>
        <source>Progress of the explanation</source>
        <translation>Avancement de l'explication</translation>
    </message>
    <message>
        <source>Cance&amp;l</source>
        <translation>Annu&amp;ler</translation>
    </message>
    <message>
        <source>Stop now and keep what has been learnt so far.</source>
        <translation>Arrêter maintenant et garder ce qui a été appris jusqu'ici.</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Arrêt…</translation>
    </message>
    <message>
        <source>{} of at most {} evaluations</source>
        <translation>{} évaluations sur {} au plus</translation>
    </message>
    <message>
        <source> · precision {:.0%}</source>
        <translation> · précision {:.0%}</translation>
    </message>
    <message>
        <source> (goal {:.0%})</source>
        <translation> (objectif {:.0%})</translation>
    </message>
    <message>
        <source> · about {} left</source>
        <translation> · encore {} environ</translation>
    </message>
</context>
<context>
    <name>RegionTool</name>
    <message>
        <source>A region needs at least three corners: click on, or press Esc to clear.</source>
        <translation>Une région a au moins trois sommets : continuez à cliquer, ou effacez avec Échap.</translation>
    </message>
</context>
<context>
    <name>Report</name>
    <message>
        <source>Source</source>
        <translation>Source</translation>
    </message>
    <message>
        <source>Bands</source>
        <translation>Bandes</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Classe</translation>
    </message>
    <message>
        <source>Model output on the region</source>
        <translation>Sortie du modèle sur la région</translation>
    </message>
    <message>
        <source>Base value (everything hidden)</source>
        <translation>Valeur de base (tout masqué)</translation>
    </message>
    <message>
        <source>Sum of contributions</source>
        <translation>Somme des contributions</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>Unité</translation>
    </message>
    <message>
        <source>Largest standard error, share of the range</source>
        <translation>Plus grande erreur type, part de l'étendue</translation>
    </message>
    <message>
        <source>Evaluations of the model</source>
        <translation>Évaluations du modèle</translation>
    </message>
    <message>
        <source>Super-pixels</source>
        <translation>Superpixels</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Région</translation>
    </message>
    <message>
        <source>{} pixels</source>
        <translation>{} pixels</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Réglages</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>Fiche du modèle</translation>
    </message>
    <message>
        <source>not available: {}</source>
        <translation>indisponible : {}</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modèle</translation>
    </message>
    <message>
        <source>About the model</source>
        <translation>À propos du modèle</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Licence</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>Classes</translation>
    </message>
    <message>
        <source>Trained with</source>
        <translation>Entraîné avec</translation>
    </message>
    <message>
        <source>Score: {}</source>
        <translation>Score : {}</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>inconnue</translation>
    </message>
</context>
<context>
    <name>Reports</name>
    <message>
        <source>Written: {}</source>
        <translation>Écrit : {}</translation>
    </message>
    <message>
        <source>Write a report</source>
        <translation>Écrire un rapport</translation>
    </message>
    <message>
        <source>Document (*.pdf)</source>
        <translation>Document (*.pdf)</translation>
    </message>
</context>
<context>
    <name>ResultPanel</name>
    <message>
        <source>Result of the chosen run</source>
        <translation>Résultat du calcul choisi</translation>
    </message>
    <message>
        <source>The cell that is pointed at</source>
        <translation>La cellule désignée</translation>
    </message>
    <message>
        <source>How the map se&amp;ttled</source>
        <translation>S&amp;tabilisation de la carte</translation>
    </message>
    <message>
        <source>Cop&amp;y</source>
        <translation>Cop&amp;ier</translation>
    </message>
    <message>
        <source>Put chart and numbers on the clipboard.</source>
        <translation>Mettre le graphique et les nombres dans le presse-papiers.</translation>
    </message>
    <message>
        <source>Sa&amp;ve…</source>
        <translation>Enreg&amp;istrer…</translation>
    </message>
    <message>
        <source>Save the chart as PNG or SVG, or the contributions of all cells as CSV.</source>
        <translation>Enregistrer le graphique en PNG ou SVG, ou les contributions de toutes les cellules en CSV.</translation>
    </message>
    <message>
        <source>Re&amp;port…</source>
        <translation>Ra&amp;pport…</translation>
    </message>
    <message>
        <source>Write a PDF with map, chart, settings and model card.</source>
        <translation>Écrire un PDF avec carte, graphique, réglages et fiche du modèle.</translation>
    </message>
    <message>
        <source>No result yet: pick a tool on the first page and click on the map.</source>
        <translation>Pas encore de résultat : prenez un outil sur la première page et cliquez sur la carte.</translation>
    </message>
    <message>
        <source>So far: {}</source>
        <translation>Jusqu'ici : {}</translation>
    </message>
    <message>
        <source>Written: {}</source>
        <translation>Écrit : {}</translation>
    </message>
    <message>
        <source>Point at a bar, or at a cell of the map.</source>
        <translation>Désignez une barre, ou une cellule de la carte.</translation>
    </message>
    <message>
        <source>Cell {}: {} {}</source>
        <translation>Cellule {} : {} {}</translation>
    </message>
    <message>
        <source>Chart and numbers are on the clipboard.</source>
        <translation>Le graphique et les nombres sont dans le presse-papiers.</translation>
    </message>
    <message>
        <source>Picture (*.png)</source>
        <translation>Image (*.png)</translation>
    </message>
    <message>
        <source>Drawing (*.svg)</source>
        <translation>Dessin (*.svg)</translation>
    </message>
    <message>
        <source>Table of all cells (*.csv)</source>
        <translation>Table de toutes les cellules (*.csv)</translation>
    </message>
    <message>
        <source>Save chart or table</source>
        <translation>Enregistrer graphique ou table</translation>
    </message>
</context>
<context>
    <name>RunActions</name>
    <message>
        <source>Re&amp;name</source>
        <translation>Re&amp;nommer</translation>
    </message>
    <message>
        <source>Give the run another name.</source>
        <translation>Donner un autre nom au calcul.</translation>
    </message>
    <message>
        <source>Show &amp;layers again</source>
        <translation>Remontrer les &amp;couches</translation>
    </message>
    <message>
        <source>Add the run's layers to the project.</source>
        <translation>Ajouter les couches du calcul au projet.</translation>
    </message>
    <message>
        <source>Take over its &amp;settings</source>
        <translation>Reprendre ses &amp;réglages</translation>
    </message>
    <message>
        <source>Fill the first page with the settings of this run.</source>
        <translation>Remplir la première page avec les réglages de ce calcul.</translation>
    </message>
    <message>
        <source>Explain &amp;again</source>
        <translation>Expliquer à &amp;nouveau</translation>
    </message>
    <message>
        <source>Explain the same region with the settings of the first page.</source>
        <translation>Expliquer la même région avec les réglages de la première page.</translation>
    </message>
    <message>
        <source>&amp;Compare two</source>
        <translation>&amp;Comparer deux calculs</translation>
    </message>
    <message>
        <source>Show where two runs of the same cells differ: the newer minus the older.</source>
        <translation>Montrer où deux calculs sur les mêmes cellules diffèrent : le plus récent moins le plus ancien.</translation>
    </message>
    <message>
        <source>&amp;Delete</source>
        <translation>&amp;Supprimer</translation>
    </message>
    <message>
        <source>Take the run off the list and out of the project; its layers stay.</source>
        <translation>Retirer le calcul de la liste et du projet ; ses couches restent.</translation>
    </message>
    <message>
        <source>Mor&amp;e</source>
        <translation>P&amp;lus</translation>
    </message>
    <message>
        <source>Rename, show again, repeat, compare, delete.</source>
        <translation>Renommer, remontrer, refaire, comparer, supprimer.</translation>
    </message>
</context>
<context>
    <name>RunDesk</name>
    <message>
        <source>{} minus {}</source>
        <translation>{} moins {}</translation>
    </message>
</context>
<context>
    <name>RunList</name>
    <message>
        <source>Run</source>
        <translation>Calcul</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Résultat</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Calculs</translation>
    </message>
    <message>
        <source>&amp;GeoPackage…</source>
        <translation>&amp;GeoPackage…</translation>
    </message>
    <message>
        <source>Export one file with maps, super-pixels, region, settings and styles.</source>
        <translation>Exporter un fichier avec cartes, superpixels, région, réglages et styles.</translation>
    </message>
    <message>
        <source>Geo&amp;TIFF…</source>
        <translation>Geo&amp;TIFF…</translation>
    </message>
    <message>
        <source>Export the contribution map on the raster's own grid.</source>
        <translation>Exporter la carte des contributions sur la grille du raster.</translation>
    </message>
</context>
<context>
    <name>RunStore</name>
    <message>
        <source>Keeping {}</source>
        <translation>Conservation de {}</translation>
    </message>
    <message>
        <source>Reading the runs of the project</source>
        <translation>Lecture des calculs du projet</translation>
    </message>
</context>
<context>
    <name>SegShapAlgorithm</name>
    <message>
        <source>PyTorch is missing. Open SegSHAP's dock: it says how to get it.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Raster</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Image with pixel values of its own, e.g. radar amplitude, sigma0 or decibel.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Bands, in the order of the model's bands</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The first bands of the raster if none are chosen.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Model</source>
        <translation>Modèle</translation>
    </message>
    <message>
        <source>A model that comes with the plugin or was added in the options.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Model file instead of the model above</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A model's card (.json), an ONNX file, or another file with its card beside it.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Class to explain</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Name of one of the model's classes; the model's own choice if empty.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Shape of the super-pixels</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Hexagons, squares, or SLIC, which follows the image.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Size of the super-pixels, in pixels</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Side of a hexagon or square. Compare maps only at equal size.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Evaluations of the model at most</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>How often the model is run for each feature, at most.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Stop at this precision, in percent (0: never)</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Stops early once the largest standard error is this share of the map's range.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Side of the window, in pixels (0: the model's)</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The square around the region that the model sees.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Merge so many pixels along each side</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Only where the model was trained on coarser pixels than the raster has.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Background</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>What hidden cells are painted with; black would itself look like oil.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Unit of the pixel values</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Recognised from the values unless it is set.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Seed</source>
        <translation>Graine</translation>
    </message>
    <message>
        <source>Same seed and settings: same result.</source>
        <translation>Même graine et mêmes réglages : même résultat.</translation>
    </message>
    <message>
        <source>Model: {}</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>SegShapPlugin</name>
    <message>
        <source>Explain what a segmentation model sees</source>
        <translation>Expliquer ce que voit un modèle de segmentation</translation>
    </message>
</context>
<context>
    <name>SegmentRaster</name>
    <message>
        <source>Land to leave out</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Polygons, in a file, where nothing is predicted; any coordinate system.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Pixels of the probability</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>uint8 holds steps of 1/254 in a quarter of the space of float32.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Side of a tile, in pixels (0: the model's)</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>The square that the model sees at once.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Pixels that tiles share</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>More costs more time; less lets the edges of tiles show.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Unit of the pixel values</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Recognised from the values, once for the whole raster, unless it is set.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Probability</source>
        <translation>Probabilité</translation>
    </message>
    <message>
        <source>A GeoTIFF; the classes go beside it.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Cancelled. The same run to the same file goes on where it was.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>An earlier run was taken up where it had stopped.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>{} tiles.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Only estimate time and memory</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>Predicts one tile, says what all would cost, and stops.</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>SlickTool</name>
    <message>
        <source>There is no pixel here: click inside the raster.</source>
        <translation>Il n'y a pas de pixel ici : cliquez dans le raster.</translation>
    </message>
</context>
<context>
    <name>SourceSection</name>
    <message>
        <source>&amp;Layer</source>
        <translation>&amp;Couche</translation>
    </message>
    <message>
        <source>The raster to explain, for instance a SAR amplitude, sigma0 or decibel image.</source>
        <translation>Le raster à expliquer, par exemple une image radar en amplitude, sigma0 ou décibels.</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>&amp;Modèle</translation>
    </message>
    <message>
        <source>The network to explain. “Other…” opens a card (.json) or an ONNX file.</source>
        <translation>Le réseau à expliquer. « Autre… » ouvre une fiche (.json) ou un fichier ONNX.</translation>
    </message>
    <message>
        <source>&amp;Class</source>
        <translation>C&amp;lasse</translation>
    </message>
    <message>
        <source>The class whose probability is explained.</source>
        <translation>La classe dont on explique la probabilité.</translation>
    </message>
    <message>
        <source>Other…</source>
        <translation>Autre…</translation>
    </message>
    <message>
        <source>No model is chosen.</source>
        <translation>Aucun modèle n'est choisi.</translation>
    </message>
    <message>
        <source>Choose a model card with “Other…”.</source>
        <translation>Choisissez une fiche de modèle avec « Autre… ».</translation>
    </message>
    <message>
        <source>The model reads {} bands, but “{}” has only {}.</source>
        <translation>Le modèle lit {} bandes, mais « {} » n'en a que {}.</translation>
    </message>
    <message>
        <source>Choose another layer, or pick a band for each row.</source>
        <translation>Choisissez une autre couche, ou une bande à chaque ligne.</translation>
    </message>
    <message>
        <source>Choose a model card</source>
        <translation>Choisir une fiche de modèle</translation>
    </message>
    <message>
        <source>Models (*.json *.onnx)</source>
        <translation>Modèles (*.json *.onnx)</translation>
    </message>
    <message>
        <source>not chosen</source>
        <translation>non choisie</translation>
    </message>
    <message>
        <source>&amp;Band</source>
        <translation>&amp;Bande</translation>
    </message>
    <message>
        <source>Band “{}”</source>
        <translation>Bande « {} »</translation>
    </message>
    <message>
        <source>The raster's band that the model reads as “{}”.</source>
        <translation>La bande du raster que le modèle lit comme « {} ».</translation>
    </message>
</context>
<context>
    <name>TrustPage</name>
    <message>
        <source>Is {} to be trusted?</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>A TorchScript file is a program, not only numbers. When it runs it can read and write your files, fill the memory, or never end. SegSHAP cannot check that for you and runs it only if you say so. If the file changes, you will be asked again.

The same network as an ONNX file needs no trust.</source>
        <translation type="unfinished" />
    </message>
    <message>
        <source>I &amp;know where this file comes from and trust it</source>
        <translation type="unfinished" />
    </message>
</context>
<context>
    <name>WaterfallChart</name>
    <message>
        <source>Strongest contributions</source>
        <translation>Contributions les plus fortes</translation>
    </message>
    <message>
        <source>From the base value to the prediction: each bar is what one super-pixel adds or takes, with its standard error. Point at a bar, or use the arrow keys, to see its cell on the map.</source>
        <translation>De la valeur de base à la prédiction : chaque barre est ce qu'un superpixel ajoute ou retire, avec son erreur type. Désignez une barre, ou utilisez les flèches du clavier, pour voir sa cellule sur la carte.</translation>
    </message>
    <message>
        <source>prediction</source>
        <translation>prédiction</translation>
    </message>
    <message>
        <source>in {}; whiskers: ± 1 standard error</source>
        <translation>en {} ; moustaches : ± 1 erreur type</translation>
    </message>
    <message>
        <source>base</source>
        <translation>base</translation>
    </message>
    <message>
        <source>all others</source>
        <translation>toutes les autres</translation>
    </message>
    <message>
        <source>cell {}</source>
        <translation>cellule {}</translation>
    </message>
</context>
<context>
    <name>WhatIf</name>
    <message>
        <source>What if {} cells are hidden</source>
        <translation>Et si {} cellules étaient masquées</translation>
    </message>
</context>
<context>
    <name>WhatIfSection</name>
    <message>
        <source>&amp;What if</source>
        <translation>&amp;Et si</translation>
    </message>
    <message>
        <source>The model's answer</source>
        <translation>La réponse du modèle</translation>
    </message>
    <message>
        <source>&amp;Hide by clicking</source>
        <translation>&amp;Masquer en cliquant</translation>
    </message>
    <message>
        <source>While pressed, a click on a cell of the map, or on a bar, hides it from the model or shows it again.</source>
        <translation>Tant que le bouton est enfoncé, un clic sur une cellule de la carte, ou sur une barre, la masque au modèle ou la remontre.</translation>
    </message>
    <message>
        <source>Hide stron&amp;gest</source>
        <translation>Masquer la plus &amp;forte</translation>
    </message>
    <message>
        <source>Hide the cell that speaks most for the class.</source>
        <translation>Masquer la cellule qui parle le plus pour la classe.</translation>
    </message>
    <message>
        <source>Hide &amp;all</source>
        <translation>Tout m&amp;asquer</translation>
    </message>
    <message>
        <source>Hide every cell: the model then says the base value.</source>
        <translation>Masquer toutes les cellules : le modèle donne alors la valeur de base.</translation>
    </message>
    <message>
        <source>Sh&amp;ow all</source>
        <translation>T&amp;out montrer</translation>
    </message>
    <message>
        <source>Show every cell again.</source>
        <translation>Remontrer toutes les cellules.</translation>
    </message>
    <message>
        <source>Hide cells and see at once what the model says then.</source>
        <translation>Masquez des cellules et voyez aussitôt ce que dit alors le modèle.</translation>
    </message>
    <message>
        <source>{} cells hidden: asking the model…</source>
        <translation>{} cellules masquées : question au modèle…</translation>
    </message>
    <message>
        <source>{}({}) = {:.3f} with {} of {} cells hidden; {:.3f} with all shown.</source>
        <translation>{}({}) = {:.3f} avec {} cellules masquées sur {} ; {:.3f} si toutes sont montrées.</translation>
    </message>
    <message>
        <source>Hiding them took {:+.3f}; their contributions sum to {:+.3f}.</source>
        <translation>Les masquer a retiré {:+.3f} ; la somme de leurs contributions est {:+.3f}.</translation>
    </message>
</context>
<context>
    <name>Workbench</name>
    <message>
        <source>Choose a raster layer first.</source>
        <translation>Choisissez d'abord une couche raster.</translation>
    </message>
    <message>
        <source>PyTorch is missing.</source>
        <translation>PyTorch manque.</translation>
    </message>
    <message>
        <source>The dock says how to get it.</source>
        <translation>Le panneau dit comment l'obtenir.</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>en attente</translation>
    </message>
    <message>
        <source>Pixel</source>
        <translation>Pixel</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Région</translation>
    </message>
    <message>
        <source>Predicted slick</source>
        <translation>Nappe prédite</translation>
    </message>
    <message>
        <source>Feature</source>
        <translation>Entité</translation>
    </message>
    <message>
        <source>Features</source>
        <translation>Entités</translation>
    </message>
    <message>
        <source>{} {} on {}</source>
        <translation>{} {} sur {}</translation>
    </message>
    <message>
        <source>running</source>
        <translation>en cours</translation>
    </message>
    <message>
        <source>Preparing: {}</source>
        <translation>Préparation : {}</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>échec</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>annulé</translation>
    </message>
    <message>
        <source>{:.0%} of the region lies outside the raster and was left out.</source>
        <translation>{:.0%} de la région est hors du raster et n'a pas été pris en compte.</translation>
    </message>
    <message>
        <source>“{}” was removed meanwhile; its explanation is kept.</source>
        <translation>« {} » a été retirée entre-temps ; son explication est conservée.</translation>
    </message>
    <message>
        <source>The project was closed; the running explanation was stopped.</source>
        <translation>Le projet a été fermé ; l'explication en cours a été arrêtée.</translation>
    </message>
</context>
</TS>
