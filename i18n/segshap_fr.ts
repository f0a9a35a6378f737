<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr">
    <context>
        <name>BackgroundRows</name>
        <message>
            <source>Averaged over</source>
            <translation>Moyenne sur</translation>
        </message>
        <message>
            <source>Bac&amp;kground</source>
            <translation>&amp;Fond</translation>
        </message>
        <message>
            <source>Black</source>
            <translation>Noir</translation>
        </message>
        <message>
            <source>Blurred image</source>
            <translation>Image floutée</translation>
        </message>
        <message>
            <source>Contributions are averaged over these backgrounds, so that no single one decides. An evaluation runs the model once for each.</source>
            <translation>Les contributions sont moyennées sur ces fonds, pour qu'aucun ne décide seul. Une évaluation exécute le modèle une fois pour chacun.</translation>
        </message>
        <message>
            <source>Given value</source>
            <translation>Valeur donnée</translation>
        </message>
        <message>
            <source>Image mean</source>
            <translation>Moyenne de l'image</translation>
        </message>
        <message>
            <source>In the normalised units that the model reads, the same for all bands.</source>
            <translation>Dans les unités normalisées que lit le modèle, la même pour toutes les bandes.</translation>
        </message>
        <message>
            <source>Mean of each cell</source>
            <translation>Moyenne de chaque cellule</translation>
        </message>
        <message>
            <source>Several, averaged</source>
            <translation>Plusieurs, moyennés</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>Valeur</translation>
        </message>
        <message>
            <source>What hidden cells are painted with. The image mean suits SAR: black would itself look like oil.</source>
            <translation>Ce dont on peint les cellules masquées. La moyenne de l'image convient au radar : le noir ressemblerait lui-même à une nappe.</translation>
        </message>
    </context>
    <context>
        <name>CardWizard</name>
        <message>
            <source>Card of {}</source>
            <translation>Fiche de {}</translation>
        </message>
    </context>
    <context>
        <name>Cautions</name>
        <message>
            <source>Strong cells touch the edge of the window ({} px), and the raster goes on there: what the model looks at is cut off. Choose a larger window. Cells: {}.</source>
            <translation>Des cellules fortes touchent le bord de la fenêtre ({} px), et le raster continue là : ce que le modèle regarde est coupé. Choisissez une fenêtre plus grande. Cellules : {}.</translation>
        </message>
        <message>
            <source>Strong cells touch the edge of the window ({} px): the model may look further than it was shown. Choose a larger window, unless the raster ends there. Cells: {}.</source>
            <translation>Des cellules fortes touchent le bord de la fenêtre ({} px) : le modèle regarde peut-être plus loin que ce qui lui a été montré. Choisissez une fenêtre plus grande, sauf si le raster s'arrête là. Cellules : {}.</translation>
        </message>
        <message>
            <source>The background alone is “{}” to the model (base {:.2f}): the map cannot tell where the class comes from. Choose another background.</source>
            <translation>Le fond seul est déjà « {} » pour le modèle (base {:.2f}) : la carte ne peut dire d'où vient la classe. Choisissez un autre fond.</translation>
        </message>
        <message>
            <source>The largest standard error is {:.0%} of the map's range: only the strongest colours mean something. Choose a higher effort.</source>
            <translation>La plus grande erreur type vaut {:.0%} de l'étendue de la carte : seules les couleurs les plus fortes ont un sens. Choisissez un effort plus élevé.</translation>
        </message>
        <message>
            <source>The probability is saturated ({:.3f}): hiding one cell hardly changes it where others suffice. Explain the score before softmax to see more.</source>
            <translation>La probabilité est saturée ({:.3f}) : masquer une cellule ne la change guère quand d'autres suffisent. Expliquez le score avant softmax pour en voir davantage.</translation>
        </message>
        <message>
            <source>The standard errors are not known yet: let the run evaluate more.</source>
            <translation>Les erreurs types ne sont pas encore connues : laissez le calcul évaluer davantage.</translation>
        </message>
        <message>
            <source>Warnings about this result</source>
            <translation>Avertissements sur ce résultat</translation>
        </message>
    </context>
    <context>
        <name>CellRows</name>
        <message>
            <source> pixels</source>
            <translation> pixels</translation>
        </message>
        <message>
            <source>&amp;Leave out</source>
            <translation>&amp;Laisser de côté</translation>
        </message>
        <message>
            <source>A raster of classes or a polygon layer. Polygons as cells: what lies in none of them is never hidden.</source>
            <translation>Un raster de classes ou une couche de polygones. Polygones comme cellules : ce qui n'est dans aucun n'est jamais masqué.</translation>
        </message>
        <message>
            <source>Along</source>
            <translation>Le long de</translation>
        </message>
        <message>
            <source>Cells that SLIC is asked for; about so many come out.</source>
            <translation>Cellules demandées à SLIC ; il en sort à peu près autant.</translation>
        </message>
        <message>
            <source>Cells wanted</source>
            <translation>Cellules voulues</translation>
        </message>
        <message>
            <source>Compactness</source>
            <translation>Compacité</translation>
        </message>
        <message>
            <source>Hexagons</source>
            <translation>Hexagones</translation>
        </message>
        <message>
            <source>Hexagons cut along a layer</source>
            <translation>Hexagones coupés le long d'une couche</translation>
        </message>
        <message>
            <source>Hexagons cut along the model's classes</source>
            <translation>Hexagones coupés le long des classes du modèle</translation>
        </message>
        <message>
            <source>Larger: rounder cells of like size. Smaller: cells follow the image closer.</source>
            <translation>Plus grande : cellules plus rondes et de taille semblable. Plus petite : les cellules suivent l'image de plus près.</translation>
        </message>
        <message>
            <source>Polygons of a layer</source>
            <translation>Polygones d'une couche</translation>
        </message>
        <message>
            <source>Polygons, for instance land, that belong to no super-pixel: the model always sees them, and they get no contribution.</source>
            <translation>Polygones, par exemple la terre, qui n'appartiennent à aucun superpixel : le modèle les voit toujours, et ils n'ont pas de contribution.</translation>
        </message>
        <message>
            <source>S&amp;hape</source>
            <translation>&amp;Forme</translation>
        </message>
        <message>
            <source>SLIC (follows the image)</source>
            <translation>SLIC (suit l'image)</translation>
        </message>
        <message>
            <source>Shape of the super-pixels. Cells of one size that ignore the image are the default, because a contribution depends on the area of its cell.</source>
            <translation>Forme des superpixels. Par défaut, des cellules d'une même taille qui ignorent l'image, car une contribution dépend de l'aire de sa cellule.</translation>
        </message>
        <message>
            <source>Si&amp;de</source>
            <translation>C&amp;ôté</translation>
        </message>
        <message>
            <source>Side of a hexagon or square.</source>
            <translation>Côté d'un hexagone ou d'un carré.</translation>
        </message>
        <message>
            <source>Squares</source>
            <translation>Carrés</translation>
        </message>
        <message>
            <source>as the side says</source>
            <translation>selon le côté</translation>
        </message>
        <message>
            <source>nothing</source>
            <translation>rien</translation>
        </message>
    </context>
    <context>
        <name>CellsPreview</name>
        <message>
            <source>Choose a raster layer first.</source>
            <translation>Choisissez d'abord une couche raster.</translation>
        </message>
        <message>
            <source>Cutting super-pixels</source>
            <translation>Découpage des superpixels</translation>
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
            <source>Check that the folder can be written to and the disk has room.</source>
            <translation>Vérifiez que le dossier est accessible en écriture et qu'il reste de la place sur le disque.</translation>
        </message>
        <message>
            <source>The chart could not be written to {}.</source>
            <translation>Le graphique n'a pas pu être écrit dans {}.</translation>
        </message>
    </context>
    <context>
        <name>ChartFiles</name>
        <message>
            <source>Chart and numbers are on the clipboard.</source>
            <translation>Le graphique et les nombres sont dans le presse-papiers.</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Copier</translation>
        </message>
        <message>
            <source>Drawing (*.svg)</source>
            <translation>Dessin (*.svg)</translation>
        </message>
        <message>
            <source>Picture (*.png)</source>
            <translation>Image (*.png)</translation>
        </message>
        <message>
            <source>Put chart and numbers on the clipboard.</source>
            <translation>Mettre le graphique et les nombres dans le presse-papiers.</translation>
        </message>
        <message>
            <source>Save chart or table</source>
            <translation>Enregistrer graphique ou table</translation>
        </message>
        <message>
            <source>Save the chart as PNG or SVG, or its numbers as CSV.</source>
            <translation>Enregistrer le graphique en PNG ou SVG, ou ses nombres en CSV.</translation>
        </message>
        <message>
            <source>Save…</source>
            <translation>Enregistrer…</translation>
        </message>
        <message>
            <source>Table (*.csv)</source>
            <translation>Table (*.csv)</translation>
        </message>
        <message>
            <source>The numbers are on the clipboard.</source>
            <translation>Les nombres sont dans le presse-papiers.</translation>
        </message>
        <message>
            <source>Written: {}</source>
            <translation>Écrit : {}</translation>
        </message>
    </context>
    <context>
        <name>CheckPage</name>
        <message>
            <source>&amp;Try</source>
            <translation>&amp;Essayer</translation>
        </message>
        <message>
            <source>Open a raster in the project first.</source>
            <translation>Ouvrez d'abord un raster dans le projet.</translation>
        </message>
        <message>
            <source>Raster to try the model on</source>
            <translation>Raster sur lequel essayer le modèle</translation>
        </message>
        <message>
            <source>Running…</source>
            <translation>En cours…</translation>
        </message>
        <message>
            <source>The card is written beside the file when you finish.</source>
            <translation>La fiche est écrite à côté du fichier quand vous terminez.</translation>
        </message>
        <message>
            <source>Try it on an open raster</source>
            <translation>L'essayer sur un raster ouvert</translation>
        </message>
    </context>
    <context>
        <name>Checks</name>
        <message>
            <source>Another seed puts the cells in another order ({} of 1): explain with more evaluations before reading single cells.</source>
            <translation>Une autre graine met les cellules dans un autre ordre ({} sur 1) : expliquez avec plus d'évaluations avant de lire des cellules isolées.</translation>
        </message>
        <message>
            <source>Another seed puts the cells that count in nearly the same order ({} of 1).</source>
            <translation>Une autre graine met les cellules qui comptent presque dans le même ordre ({} sur 1).</translation>
        </message>
        <message>
            <source>Foretold, off by</source>
            <translation>Prévision, écart</translation>
        </message>
        <message>
            <source>Ranks, other seed</source>
            <translation>Rangs, autre graine</translation>
        </message>
        <message>
            <source>Sum off by</source>
            <translation>Écart de la somme</translation>
        </message>
        <message>
            <source>What hiding random cells changes is foretold to {:.0%} of the whole change.</source>
            <translation>Ce que change le masquage de cellules au hasard est prévu à {:.0%} près du changement total.</translation>
        </message>
        <message>
            <source>With all layers re-initialised {} is left of {}: the less, the more the map shows what the model has learnt.</source>
            <translation>Toutes couches réinitialisées, il reste {} de {} : moins il en reste, plus la carte montre ce que le modèle a appris.</translation>
        </message>
        <message>
            <source>… sure cells</source>
            <translation>… cellules sûres</translation>
        </message>
    </context>
    <context>
        <name>ChecksDesk</name>
        <message>
            <source>Checks of {}</source>
            <translation>Vérifications de {}</translation>
        </message>
    </context>
    <context>
        <name>ChecksSection</name>
        <message>
            <source> about {} left</source>
            <translation> encore {} environ</translation>
        </message>
        <message>
            <source>Chec&amp;k</source>
            <translation>&amp;Vérifier</translation>
        </message>
        <message>
            <source>Check</source>
            <translation>Vérification</translation>
        </message>
        <message>
            <source>Checking…</source>
            <translation>Vérification en cours…</translation>
        </message>
        <message>
            <source>Checks of the map</source>
            <translation>Vérifications de la carte</translation>
        </message>
        <message>
            <source>Explain the model with a tenth, a quarter, half and all of its layers re-initialised: a map that stays the same explains the image, not the model. Takes four more runs.</source>
            <translation>Expliquer le modèle avec un dixième, un quart, la moitié et la totalité de ses couches réinitialisées : une carte qui reste la même explique l'image, pas le modèle. Demande quatre calculs de plus.</translation>
        </message>
        <message>
            <source>Hide random cells and compare with what the contributions foretell; explain the place once more with another seed. Takes about as long as the run itself, in the background.</source>
            <translation>Masquer des cellules au hasard et comparer avec ce que les contributions prévoient ; expliquer l'endroit encore une fois avec une autre graine. Dure à peu près autant que le calcul lui-même, en arrière-plan.</translation>
        </message>
        <message>
            <source>How &amp;far can the map be relied on?</source>
            <translation>Jusqu'où peut-on se &amp;fier à la carte ?</translation>
        </message>
        <message>
            <source>How far the contributions are from adding up; how far off they are in foretelling what hiding random cells changes; rank correlations with the map of another seed, of all cells and of those that contribute surely: the ranks of weak cells are chance.</source>
            <translation>De combien la somme des contributions s'écarte ; de combien elles se trompent en prévoyant ce que change le masquage de cellules au hasard ; corrélations de rang avec la carte d'une autre graine, de toutes les cellules et de celles dont la contribution est sûre : les rangs des cellules faibles sont le fait du hasard.</translation>
        </message>
        <message>
            <source>Not checked yet: would another seed give this map, and another model too?</source>
            <translation>Pas encore vérifié : une autre graine donnerait-elle cette carte, et un autre modèle aussi ?</translation>
        </message>
        <message>
            <source>Progress of the checks</source>
            <translation>Avancement des vérifications</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Arrêter</translation>
        </message>
        <message>
            <source>Stop now; nothing is kept of these checks.</source>
            <translation>Arrêter maintenant ; rien de ces vérifications n'est gardé.</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>Valeur</translation>
        </message>
        <message>
            <source>What the checks say</source>
            <translation>Ce que disent les vérifications</translation>
        </message>
        <message>
            <source>also re-&amp;initialise layers</source>
            <translation>ré&amp;initialiser aussi des couches</translation>
        </message>
    </context>
    <context>
        <name>ClassSection</name>
        <message>
            <source>&amp;Classes in competition</source>
            <translation>&amp;Classes en concurrence</translation>
        </message>
        <message>
            <source>Add its &amp;layers</source>
            <translation>Ajouter ses couc&amp;hes</translation>
        </message>
        <message>
            <source>Add the map of the chosen class to the project, beside that of the others.</source>
            <translation>Ajouter au projet la carte de la classe choisie, à côté de celle des autres.</translation>
        </message>
        <message>
            <source>Base</source>
            <translation>Base</translation>
        </message>
        <message>
            <source>Choose a row to see that class in chart, copy and report, and to ask what the model says of it when cells are hidden.</source>
            <translation>Choisissez une ligne pour voir cette classe dans le graphique, la copie et le rapport, et pour demander ce que le modèle en dit quand des cellules sont masquées.</translation>
        </message>
        <message>
            <source>Class</source>
            <translation>Classe</translation>
        </message>
        <message>
            <source>Classes in competition</source>
            <translation>Classes en concurrence</translation>
        </message>
        <message>
            <source>Output</source>
            <translation>Sortie</translation>
        </message>
        <message>
            <source>Strongest</source>
            <translation>Plus forte</translation>
        </message>
        <message>
            <source>Sum</source>
            <translation>Somme</translation>
        </message>
        <message>
            <source>What the model says for every class of the region, from the same evaluations: with the whole image, with everything hidden, the sum of all contributions, and the cell that does most for or against the class.</source>
            <translation>Ce que le modèle dit de chaque classe sur la région, d'après les mêmes évaluations : avec toute l'image, avec tout masqué, la somme des contributions, et la cellule qui fait le plus pour ou contre la classe.</translation>
        </message>
    </context>
    <context>
        <name>ClusterGroup</name>
        <message>
            <source>Cluster for whole scenes (Dask)</source>
            <translation>Grappe pour les scènes entières (Dask)</translation>
        </message>
        <message>
            <source>PEM file; all three for tls://…, or none.</source>
            <translation>Fichier PEM ; les trois pour tls://…, ou aucun.</translation>
        </message>
        <message>
            <source>Sc&amp;heduler</source>
            <translation>&amp;Ordonnanceur</translation>
        </message>
        <message>
            <source>Send pi&amp;xels to the workers</source>
            <translation>Envoyer les pi&amp;xels aux machines</translation>
        </message>
        <message>
            <source>Slicks of whole scenes are explained on its workers; here if it is empty.</source>
            <translation>Les nappes des scènes entières sont expliquées sur ses machines ; ici si vide.</translation>
        </message>
        <message>
            <source>TLS &amp;certificate</source>
            <translation>&amp;Certificat TLS</translation>
        </message>
        <message>
            <source>TLS &amp;key</source>
            <translation>C&amp;lé TLS</translation>
        </message>
        <message>
            <source>TLS a&amp;uthority</source>
            <translation>A&amp;utorité TLS</translation>
        </message>
        <message>
            <source>Where the workers cannot read the raster under the same path.</source>
            <translation>Là où les machines ne peuvent lire le raster sous le même chemin.</translation>
        </message>
    </context>
    <context>
        <name>CompareModels</name>
        <message>
            <source>A row could not be written.</source>
            <translation>Une ligne n'a pas pu être écrite.</translation>
        </message>
        <message>
            <source>Agreement</source>
            <translation>Accord</translation>
        </message>
        <message>
            <source>Compare models</source>
            <translation>Comparer des modèles</translation>
        </message>
        <message>
            <source>Contributions to both models and their difference. Use a file of its own.</source>
            <translation>Contributions aux deux modèles et leur différence. Utilisez un fichier à part.</translation>
        </message>
        <message>
            <source>Explains two models on every feature with the same super-pixels and coalitions, so that the difference of their contributions has a standard error of its own.
The rank correlation between the models comes with its ceiling: what two models with the same contributions would reach, from how well each agrees with itself from seed to seed. Both models must read the same bands and know the class.</source>
            <translation>Explique deux modèles sur chaque entité avec les mêmes superpixels et les mêmes coalitions, de sorte que la différence de leurs contributions a sa propre erreur type.
La corrélation de rang entre les modèles vient avec son plafond : ce qu'atteindraient deux modèles de mêmes contributions, d'après l'accord de chacun avec lui-même d'une graine à l'autre. Les deux modèles doivent lire les mêmes bandes et connaître la classe.</translation>
        </message>
        <message>
            <source>One row for each feature.</source>
            <translation>Une ligne par entité.</translation>
        </message>
        <message>
            <source>Quality</source>
            <translation>Qualité</translation>
        </message>
        <message>
            <source>Super-pixels</source>
            <translation>Superpixels</translation>
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
            <source>Too few refreshes for a curve</source>
            <translation>Trop peu de points pour une courbe</translation>
        </message>
        <message>
            <source>evaluations</source>
            <translation>évaluations</translation>
        </message>
        <message>
            <source>{:.1%} after {} evaluations</source>
            <translation>{:.1%} après {} évaluations</translation>
        </message>
    </context>
    <context>
        <name>Curves</name>
        <message>
            <source>Curves of {}</source>
            <translation>Courbes de {}</translation>
        </message>
    </context>
    <context>
        <name>CurvesChart</name>
        <message>
            <source>Deletion and insertion curves</source>
            <translation>Courbes de suppression et d'insertion</translation>
        </message>
        <message>
            <source>Left, cells are hidden one after the other, the strongest first (blue): a good map lets the output fall at once. Right, they are shown on the background: it rises at once. Orange is the reverse order, grey are random orders; the numbers are areas under the curves.</source>
            <translation>À gauche, les cellules sont masquées l'une après l'autre, la plus forte d'abord (bleu) : une bonne carte fait chuter la sortie aussitôt. À droite, elles sont montrées sur le fond : elle monte aussitôt. En orange l'ordre inverse, en gris des ordres aléatoires ; les nombres sont les aires sous les courbes.</translation>
        </message>
        <message>
            <source>area</source>
            <translation>surface</translation>
        </message>
        <message>
            <source>deletion {:.2f}
random {:.2f}</source>
            <translation>suppression {:.2f}
hasard {:.2f}</translation>
        </message>
        <message>
            <source>insertion {:.2f}
random {:.2f}</source>
            <translation>insertion {:.2f}
hasard {:.2f}</translation>
        </message>
        <message>
            <source>random</source>
            <translation>ordres aléatoires</translation>
        </message>
        <message>
            <source>reverse</source>
            <translation>ordre inverse</translation>
        </message>
        <message>
            <source>strongest first</source>
            <translation>les plus fortes d'abord</translation>
        </message>
    </context>
    <context>
        <name>CurvesSection</name>
        <message>
            <source>&amp;Does the model follow the map?</source>
            <translation>Le modèle suit-il la &amp;carte ?</translation>
        </message>
        <message>
            <source>Asking the model…</source>
            <translation>Le modèle est interrogé…</translation>
        </message>
        <message>
            <source>Delete and i&amp;nsert</source>
            <translation>Supprimer et i&amp;nsérer</translation>
        </message>
        <message>
            <source>Hide the cells in the order of their contributions, then show them, and ask the model each time; the reverse order and 20 random ones are played for comparison. Runs the model some hundred times, in the background.</source>
            <translation>Masquer les cellules dans l'ordre de leurs contributions, puis les montrer, et interroger le modèle chaque fois ; l'ordre inverse et 20 ordres aléatoires sont joués pour comparer. Exécute le modèle quelques centaines de fois, en arrière-plan.</translation>
        </message>
        <message>
            <source>Not asked yet: a map that the model follows lets its output fall at once.</source>
            <translation>Pas encore demandé : une carte que le modèle suit fait chuter sa sortie aussitôt.</translation>
        </message>
        <message>
            <source>Progress of the curves</source>
            <translation>Progression des courbes</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Arrêter</translation>
        </message>
        <message>
            <source>Stop now; nothing is kept of these curves.</source>
            <translation>Arrêter maintenant ; rien n'est gardé de ces courbes.</translation>
        </message>
        <message>
            <source>The model follows this order better than all {} random ones.</source>
            <translation>Le modèle suit cet ordre mieux que les {} ordres aléatoires.</translation>
        </message>
        <message>
            <source>What the curves say</source>
            <translation>Ce que disent les courbes</translation>
        </message>
        <message>
            <source>{} of {} random orders do as well as the map or better.</source>
            <translation>{} ordres aléatoires sur {} font aussi bien que la carte ou mieux.</translation>
        </message>
        <message>
            <source>{} of {} random orders do as well as the map or better: do not trust its order.</source>
            <translation>{} ordres aléatoires sur {} font aussi bien que la carte ou mieux : ne vous fiez pas à son ordre.</translation>
        </message>
    </context>
    <context>
        <name>DependencyNotice</name>
        <message>
            <source>&amp;Cancel</source>
            <translation>&amp;Annuler</translation>
        </message>
        <message>
            <source>&amp;Install</source>
            <translation>&amp;Installer</translation>
        </message>
        <message>
            <source>&lt;b&gt;PyTorch is missing.&lt;/b&gt; SegSHAP runs its models with it. It can be installed into a folder of SegSHAP's own (about 200 MB to download, 1 GB on the disk); QGIS's Python and your other plugins are not touched.</source>
            <translation>&lt;b&gt;PyTorch manque.&lt;/b&gt; SegSHAP exécute ses modèles avec lui. Il peut être installé dans un dossier propre à SegSHAP (environ 200 Mo à télécharger, 1 Go sur le disque) ; le Python de QGIS et vos autres extensions ne sont pas touchés.</translation>
        </message>
        <message>
            <source>A command for a terminal that installs PyTorch.</source>
            <translation>Une commande pour un terminal qui installe PyTorch.</translation>
        </message>
        <message>
            <source>Cancelled; nothing was changed.</source>
            <translation>Annulé ; rien n'a été changé.</translation>
        </message>
        <message>
            <source>Check a&amp;gain</source>
            <translation>Vérifier à &amp;nouveau</translation>
        </message>
        <message>
            <source>Command that installs PyTorch</source>
            <translation>Commande qui installe PyTorch</translation>
        </message>
        <message>
            <source>Cop&amp;y command</source>
            <translation>Cop&amp;ier la commande</translation>
        </message>
        <message>
            <source>Copy &amp;diagnostics</source>
            <translation>Copier le &amp;diagnostic</translation>
        </message>
        <message>
            <source>Diagnostics are on the clipboard.</source>
            <translation>Le diagnostic est dans le presse-papiers.</translation>
        </message>
        <message>
            <source>Download PyTorch for the processor.</source>
            <translation>Télécharger PyTorch pour le processeur.</translation>
        </message>
        <message>
            <source>Folder with wheels</source>
            <translation>Dossier de paquets wheel</translation>
        </message>
        <message>
            <source>For NVIDIA graphics cards: about 3 GB to download.</source>
            <translation>Pour les cartes graphiques NVIDIA : environ 3 Go à télécharger.</translation>
        </message>
        <message>
            <source>Install for C&amp;UDA</source>
            <translation>Installer pour C&amp;UDA</translation>
        </message>
        <message>
            <source>Install from &amp;folder…</source>
            <translation>Installer depuis un &amp;dossier…</translation>
        </message>
        <message>
            <source>Installed in {}.</source>
            <translation>Installé dans {}.</translation>
        </message>
        <message>
            <source>Installing</source>
            <translation>Installation</translation>
        </message>
        <message>
            <source>Look whether PyTorch is there now.</source>
            <translation>Regarder si PyTorch est là maintenant.</translation>
        </message>
        <message>
            <source>Starting…</source>
            <translation>Démarrage…</translation>
        </message>
        <message>
            <source>Stopping…</source>
            <translation>Arrêt…</translation>
        </message>
        <message>
            <source>The same by hand, for a terminal.</source>
            <translation>La même chose à la main, pour un terminal.</translation>
        </message>
        <message>
            <source>Versions, folders and what pip said, as text.</source>
            <translation>Versions, dossiers et messages de pip, sous forme de texte.</translation>
        </message>
        <message>
            <source>What was downloaded is kept for the next time.</source>
            <translation>Ce qui a été téléchargé est gardé pour la prochaine fois.</translation>
        </message>
        <message>
            <source>Without network: a folder with the wheels of PyTorch and what it needs.</source>
            <translation>Sans réseau : un dossier avec les paquets wheel de PyTorch et de ce qu'il lui faut.</translation>
        </message>
    </context>
    <context>
        <name>DescribePage</name>
        <message>
            <source>&amp;Bands</source>
            <translation>&amp;Bandes</translation>
        </message>
        <message>
            <source>&amp;Classes</source>
            <translation>&amp;Classes</translation>
        </message>
        <message>
            <source>&amp;Factor</source>
            <translation>&amp;Facteur</translation>
        </message>
        <message>
            <source>&amp;Mean</source>
            <translation>&amp;Moyenne</translation>
        </message>
        <message>
            <source>&amp;Normalisation</source>
            <translation>&amp;Normalisation</translation>
        </message>
        <message>
            <source>&amp;Output</source>
            <translation>S&amp;ortie</translation>
        </message>
        <message>
            <source>&amp;Title</source>
            <translation>&amp;Titre</translation>
        </message>
        <message>
            <source>&amp;Window</source>
            <translation>Fe&amp;nêtre</translation>
        </message>
        <message>
            <source>A number, or a fraction such as 1/255.</source>
            <translation>Un nombre, ou une fraction comme 1/255.</translation>
        </message>
        <message>
            <source>A standard deviation is 0.</source>
            <translation>Un écart type vaut 0.</translation>
        </message>
        <message>
            <source>Minus a mean, over a standard deviation</source>
            <translation>Moins une moyenne, sur un écart type</translation>
        </message>
        <message>
            <source>Name at least one band.</source>
            <translation>Nommez au moins une bande.</translation>
        </message>
        <message>
            <source>Name for people.</source>
            <translation>Nom lisible.</translation>
        </message>
        <message>
            <source>Name the classes.</source>
            <translation>Nommez les classes.</translation>
        </message>
        <message>
            <source>Names of the bands in the model's order, with commas between them.</source>
            <translation>Noms des bandes dans l'ordre du modèle, séparés par des virgules.</translation>
        </message>
        <message>
            <source>Names of the classes in the order of the model's outputs. A model with one output has two: the rest, and the class.</source>
            <translation>Noms des classes dans l'ordre des sorties du modèle. Un modèle à une sortie en a deux : le reste, et la classe.</translation>
        </message>
        <message>
            <source>One number for each band with commas between them, in raw pixel values.</source>
            <translation>Un nombre par bande, séparés par des virgules, en valeurs brutes des pixels.</translation>
        </message>
        <message>
            <source>Probabilities</source>
            <translation>Probabilités</translation>
        </message>
        <message>
            <source>Probabilities if a softmax or sigmoid is part of the file.</source>
            <translation>Des probabilités si un softmax ou une sigmoïde fait partie du fichier.</translation>
        </message>
        <message>
            <source>Radar: decibel against the median, over 4 dB</source>
            <translation>Radar : décibels par rapport à la médiane, sur 4 dB</translation>
        </message>
        <message>
            <source>Scores (logits)</source>
            <translation>Scores (logits)</translation>
        </message>
        <message>
            <source>Side in pixels of the images that it was trained on.</source>
            <translation>Côté en pixels des images de son entraînement.</translation>
        </message>
        <message>
            <source>Standard &amp;deviation</source>
            <translation>&amp;Écart type</translation>
        </message>
        <message>
            <source>Values times a factor</source>
            <translation>Valeurs fois un facteur</translation>
        </message>
        <message>
            <source>What does the model read, and what does it tell?</source>
            <translation>Que lit le modèle, et que dit-il ?</translation>
        </message>
        <message>
            <source>What was done to the pixel values in training.</source>
            <translation>Ce qui a été fait aux valeurs des pixels à l'entraînement.</translation>
        </message>
        <message>
            <source>background, oil</source>
            <translation>fond, pétrole</translation>
        </message>
        <message>
            <source>backscatter</source>
            <translation>rétrodiffusion</translation>
        </message>
    </context>
    <context>
        <name>Dock</name>
        <message>
            <source>&amp;Defaults</source>
            <translation>Valeurs par &amp;défaut</translation>
        </message>
        <message>
            <source>&amp;Whole scene</source>
            <translation>&amp;Scène entière</translation>
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
            <source>Help</source>
            <translation>Aide</translation>
        </message>
        <message>
            <source>Open the guide: how to read maps, and their traps.</source>
            <translation>Ouvrir le guide : comment lire les cartes, et leurs pièges.</translation>
        </message>
        <message>
            <source>Res&amp;ults</source>
            <translation>Rés&amp;ultats</translation>
        </message>
        <message>
            <source>Then click on a field, a button or a chart.</source>
            <translation>Cliquez ensuite sur un champ, un bouton ou un graphique.</translation>
        </message>
        <message>
            <source>What's this?</source>
            <translation>Qu'est-ce que c'est ?</translation>
        </message>
    </context>
    <context>
        <name>ExplainRegions</name>
        <message>
            <source>An existing GeoPackage is added to. Use a file of its own.</source>
            <translation>Un GeoPackage existant est complété. Utilisez un fichier à part.</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
        </message>
        <message>
            <source>Every class of the model for every feature, from the same evaluations. Use a file of its own.</source>
            <translation>Chaque classe du modèle pour chaque entité, à partir des mêmes évaluations. Utilisez un fichier à part.</translation>
        </message>
        <message>
            <source>Every super-pixel of every run with its contribution. Use a file of its own.</source>
            <translation>Chaque superpixel de chaque calcul avec sa contribution. Utilisez un fichier à part.</translation>
        </message>
        <message>
            <source>Explain regions</source>
            <translation>Expliquer des régions</translation>
        </message>
        <message>
            <source>Explains the model's output on every feature of a polygon or point layer: which super-pixels speak for the class, and which against it.
Every feature gives one row of the summary (prediction, base value, precision, strongest cell) and its super-pixels with their contributions and standard errors. A feature that cannot be explained gives a row that says why, and the others go on. With a GeoPackage of runs, maps and settings are kept, too, and the dock can open them again.
Compare a contribution with its standard error. An explanation shows what the model used, not what is true.</source>
            <translation>Explique la sortie du modèle sur chaque entité d'une couche de polygones ou de points : quels superpixels parlent pour la classe, et lesquels contre elle.
Chaque entité donne une ligne du résumé (prédiction, valeur de base, précision, cellule la plus forte) et ses superpixels avec leurs contributions et erreurs types. Une entité qui ne peut être expliquée donne une ligne qui dit pourquoi, et les autres continuent. Avec un GeoPackage de calculs, cartes et paramètres sont gardés aussi, et le panneau peut les rouvrir.
Comparez une contribution à son erreur type. Une explication montre ce que le modèle a utilisé, non ce qui est vrai.</translation>
        </message>
        <message>
            <source>Feature {name}: p({target}) = {p:.3f}, base value {base:.3f}, {evaluations} evaluations, precision {precision:.1%}</source>
            <translation>Entité {name} : p({target}) = {p:.3f}, valeur de base {base:.3f}, {evaluations} évaluations, précision {precision:.1%}</translation>
        </message>
        <message>
            <source>One row for each feature, with the region as the model's pixels show it.</source>
            <translation>Une ligne par entité, avec la région telle que les pixels du modèle la montrent.</translation>
        </message>
        <message>
            <source>Summary</source>
            <translation>Résumé</translation>
        </message>
        <message>
            <source>Super-pixels</source>
            <translation>Superpixels</translation>
        </message>
        <message>
            <source>Whole runs, with rasters and settings</source>
            <translation>Calculs entiers, avec rasters et paramètres</translation>
        </message>
    </context>
    <context>
        <name>ExplainSlicks</name>
        <message>
            <source>A GeoPackage of its own; that of an earlier queue is replaced.</source>
            <translation>Un GeoPackage à part ; celui d'une file antérieure est remplacé.</translation>
        </message>
        <message>
            <source>Address such as tcp://10.0.0.5:8786, as the options of SegSHAP have it; on this machine if empty.</source>
            <translation>Adresse telle que tcp://10.0.0.5:8786, comme dans les options de SegSHAP ; sur cette machine si elle est vide.</translation>
        </message>
        <message>
            <source>As “Find slicks” writes them, or any polygons in any coordinate system.</source>
            <translation>Comme les écrit « Trouver des nappes », ou n'importe quels polygones dans n'importe quel système de coordonnées.</translation>
        </message>
        <message>
            <source>Cancelled. The same run to the same file goes on where it was.</source>
            <translation>Annulé. Le même calcul vers le même fichier reprend où il en était.</translation>
        </message>
        <message>
            <source>Dashboard: {}</source>
            <translation>Tableau de bord : {}</translation>
        </message>
        <message>
            <source>Dask scheduler</source>
            <translation>Ordonnanceur Dask</translation>
        </message>
        <message>
            <source>Divides near surroundings from far context in the shares.</source>
            <translation>Sépare l'entourage proche du contexte lointain dans les parts.</translation>
        </message>
        <message>
            <source>Explain every slick</source>
            <translation>Expliquer chaque nappe</translation>
        </message>
        <message>
            <source>Explained slicks</source>
            <translation>Nappes expliquées</translation>
        </message>
        <message>
            <source>Explains a part of the first window, says what all would cost, and stops.</source>
            <translation>Explique une partie de la première fenêtre, dit ce que coûterait le tout, et s'arrête.</translation>
        </message>
        <message>
            <source>Explains every polygon of a layer into one GeoPackage: a row for each slick (probability, base value, where the contributions lie, support, trust, faithfulness, stability), its cells and its map. Neighbours share one set of passes through the model; slicks too long for the window are seen in coarser pixels.
Cancelled or killed, the same run to the same file goes on where it was and ends the same. With the address of a Dask scheduler the windows are explained on its workers.
Trust is the probability times the support, which is the share of all contributions that speak for the slick from on it or near it. It puts slicks in an order; it is not the probability that a slick is oil. Faithfulness and stability say how far the contributions can be relied on.</source>
            <translation>Explique chaque polygone d'une couche dans un GeoPackage : une ligne par nappe (probabilité, valeur de base, où sont les contributions, appui, confiance, fidélité, stabilité), ses cellules et sa carte. Les voisines partagent une même série de passages dans le modèle ; les nappes trop longues pour la fenêtre sont vues en pixels plus grossiers.
Annulé ou tué, le même calcul vers le même fichier reprend où il en était et finit de même. Avec l'adresse d'un ordonnanceur Dask, les fenêtres sont expliquées sur ses machines.
La confiance est la probabilité multipliée par l'appui, la part de toutes les contributions qui parlent pour la nappe depuis la nappe ou près d'elle. Elle met les nappes en ordre ; ce n'est pas la probabilité qu'une nappe soit du pétrole. Fidélité et stabilité disent jusqu'où on peut se fier aux contributions.</translation>
        </message>
        <message>
            <source>Only estimate time and memory</source>
            <translation>Estimer seulement la durée et la mémoire</translation>
        </message>
        <message>
            <source>PEM file; all three for a scheduler at a tls:// address.</source>
            <translation>Fichier PEM ; tous les trois pour un ordonnanceur à une adresse tls://.</translation>
        </message>
        <message>
            <source>Send pixels to the workers</source>
            <translation>Envoyer les pixels aux machines</translation>
        </message>
        <message>
            <source>Slicks (polygons)</source>
            <translation>Nappes (polygones)</translation>
        </message>
        <message>
            <source>Surroundings are near within so many pixels</source>
            <translation>L'entourage est proche à moins de tant de pixels</translation>
        </message>
        <message>
            <source>TLS authority</source>
            <translation>Autorité TLS</translation>
        </message>
        <message>
            <source>TLS certificate</source>
            <translation>Certificat TLS</translation>
        </message>
        <message>
            <source>TLS key</source>
            <translation>Clé TLS</translation>
        </message>
        <message>
            <source>Where the workers cannot read the raster under the same path.</source>
            <translation>Là où les machines ne peuvent lire le raster sous le même chemin.</translation>
        </message>
        <message>
            <source>Whole scenes</source>
            <translation>Scènes entières</translation>
        </message>
        <message>
            <source>{} slicks explained, {} not, in {} windows.</source>
            <translation>{} nappes expliquées, {} non, en {} fenêtres.</translation>
        </message>
    </context>
    <context>
        <name>Exports</name>
        <message>
            <source>Export GeoTIFF</source>
            <translation>Exporter en GeoTIFF</translation>
        </message>
        <message>
            <source>Export to GeoPackage</source>
            <translation>Exporter en GeoPackage</translation>
        </message>
        <message>
            <source>GeoPackage (*.gpkg)</source>
            <translation>GeoPackage (*.gpkg)</translation>
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
            <source>Cancelled: {} features are in the output.</source>
            <translation>Annulé : {} entités sont dans la sortie.</translation>
        </message>
        <message>
            <source>Each feature is explained on its own; any coordinate system will do.</source>
            <translation>Chaque entité est expliquée à part ; tout système de coordonnées convient.</translation>
        </message>
        <message>
            <source>Feature {}: the background alone is “{}” to the model. Choose another one.</source>
            <translation>Entité {} : le fond seul est déjà « {} » pour le modèle. Choisissez-en un autre.</translation>
        </message>
        <message>
            <source>Feature {}: {}</source>
            <translation>Entité {} : {}</translation>
        </message>
        <message>
            <source>Field with the features' names</source>
            <translation>Champ des noms des entités</translation>
        </message>
        <message>
            <source>None of the {} features could be explained.</source>
            <translation>Aucune des {} entités n'a pu être expliquée.</translation>
        </message>
        <message>
            <source>Regions (polygons or points)</source>
            <translation>Régions (polygones ou points)</translation>
        </message>
        <message>
            <source>The features' numbers are used if it is empty.</source>
            <translation>Les numéros des entités servent s'il est vide.</translation>
        </message>
        <message>
            <source>What a feature stands for</source>
            <translation>Ce que représente une entité</translation>
        </message>
        <message>
            <source>region: the pixels in a polygon or under a point. slick: the connected area around a point where the model sees the class.</source>
            <translation>region : les pixels dans un polygone ou sous un point. slick : la zone connexe autour d'un point où le modèle voit la classe.</translation>
        </message>
        <message>
            <source>{} features explained, {} not.</source>
            <translation>{} entités expliquées, {} non.</translation>
        </message>
    </context>
    <context>
        <name>FindSlicks</name>
        <message>
            <source>As “Segment a whole raster” writes it; any raster from 0 to 1 will do.</source>
            <translation>Comme l'écrit « Segmenter un raster entier » ; tout raster de 0 à 1 convient.</translation>
        </message>
        <message>
            <source>Band of the radar image</source>
            <translation>Bande de l'image radar</translation>
        </message>
        <message>
            <source>Cancelled: no slick was written.</source>
            <translation>Annulé : aucune nappe n'a été écrite.</translation>
        </message>
        <message>
            <source>Find slicks</source>
            <translation>Trouver des nappes</translation>
        </message>
        <message>
            <source>Finds the connected areas where a map of probability reaches a threshold, and writes them as polygons, the largest first: area and length on the ground, mean and highest probability, and the contrast of the backscatter to the surroundings.
The length is the longer side of the smallest rectangle around a slick. The contrast compares with a ring around the slick from which other slicks are left out. Simplified outlines keep the measures of the exact ones.</source>
            <translation>Trouve les zones connexes où une carte de probabilité atteint un seuil et les écrit comme polygones, les plus grandes d'abord : aire et longueur au sol, probabilité moyenne et maximale, et contraste de la rétrodiffusion avec l'entourage.
La longueur est le grand côté du plus petit rectangle autour d'une nappe. Le contraste compare à un anneau autour de la nappe dont les autres nappes sont exclues. Les contours simplifiés gardent les mesures des contours exacts.</translation>
        </message>
        <message>
            <source>For the contrast; in the same coordinate system. Left empty: no contrast.</source>
            <translation>Pour le contraste ; dans le même système de coordonnées. Laissé vide : pas de contraste.</translation>
        </message>
        <message>
            <source>How far a simplified outline may depart from the pixels' edges.</source>
            <translation>De combien un contour simplifié peut s'écarter du bord des pixels.</translation>
        </message>
        <message>
            <source>How wide the ring is that a slick's contrast compares with.</source>
            <translation>Largeur de l'anneau auquel le contraste d'une nappe est comparé.</translation>
        </message>
        <message>
            <source>Map of probability</source>
            <translation>Carte de probabilité</translation>
        </message>
        <message>
            <source>One polygon for each slick, the largest first.</source>
            <translation>Un polygone par nappe, les plus grandes d'abord.</translation>
        </message>
        <message>
            <source>Pixels of this probability and above belong to slicks.</source>
            <translation>Les pixels de cette probabilité ou plus appartiennent aux nappes.</translation>
        </message>
        <message>
            <source>Radar image</source>
            <translation>Image radar</translation>
        </message>
        <message>
            <source>Recognised from the values unless it is set.</source>
            <translation>Reconnue d'après les valeurs si elle n'est pas indiquée.</translation>
        </message>
        <message>
            <source>Simplify outlines by, in metres (0: not at all)</source>
            <translation>Simplifier les contours de, en mètres (0 : pas du tout)</translation>
        </message>
        <message>
            <source>Slicks</source>
            <translation>Nappes</translation>
        </message>
        <message>
            <source>Smaller areas are left out.</source>
            <translation>Les zones plus petites sont laissées de côté.</translation>
        </message>
        <message>
            <source>Smallest area, in square metres</source>
            <translation>Plus petite aire, en mètres carrés</translation>
        </message>
        <message>
            <source>The band whose backscatter is compared.</source>
            <translation>La bande dont la rétrodiffusion est comparée.</translation>
        </message>
        <message>
            <source>Threshold</source>
            <translation>Seuil</translation>
        </message>
        <message>
            <source>Unit of the radar image</source>
            <translation>Unité de l'image radar</translation>
        </message>
        <message>
            <source>Whole scenes</source>
            <translation>Scènes entières</translation>
        </message>
        <message>
            <source>Width of the surroundings, in pixels</source>
            <translation>Largeur de l'entourage, en pixels</translation>
        </message>
        <message>
            <source>{} slicks.</source>
            <translation>{} nappes.</translation>
        </message>
    </context>
    <context>
        <name>Headline</name>
        <message>
            <source>1 cell carries 80% of the difference</source>
            <translation>1 cellule porte 80 % de la différence</translation>
        </message>
        <message>
            <source>Difference of two runs: prediction {:+.2f}, base {:+.2f}; {} of {} cells differ</source>
            <translation>Différence de deux calculs : prédiction {:+.2f}, base {:+.2f} ; {} cellules sur {} diffèrent</translation>
        </message>
        <message>
            <source>RISE shows where it matters, in values that do not add up</source>
            <translation>RISE montre où cela compte, en valeurs qui ne s'additionnent pas</translation>
        </message>
        <message>
            <source>base {:.2f}; </source>
            <translation>base {:.2f} ; </translation>
        </message>
        <message>
            <source>hiding everything hardly changes it, so there is little to explain</source>
            <translation>tout masquer n'y change presque rien : il y a peu à expliquer</translation>
        </message>
        <message>
            <source>{} cells carry 80% of the difference</source>
            <translation>{} cellules portent 80 % de la différence</translation>
        </message>
    </context>
    <context>
        <name>HelpWindow</name>
        <message>
            <source>Guide to SegSHAP</source>
            <translation>Guide de SegSHAP</translation>
        </message>
        <message>
            <source>SegSHAP: guide</source>
            <translation>SegSHAP : guide</translation>
        </message>
    </context>
    <context>
        <name>InsertionDeletion</name>
        <message>
            <source>A row could not be written.</source>
            <translation>Une ligne n'a pas pu être écrite.</translation>
        </message>
        <message>
            <source>A table with one row for each feature.</source>
            <translation>Une table avec une ligne par entité.</translation>
        </message>
        <message>
            <source>A table with one row for each step of each curve. Use a file of its own.</source>
            <translation>Une table avec une ligne par pas de chaque courbe. Utilisez un fichier à part.</translation>
        </message>
        <message>
            <source>Areas under the curves</source>
            <translation>Aires sous les courbes</translation>
        </message>
        <message>
            <source>Check with re-initialised layers</source>
            <translation>Vérifier avec des couches réinitialisées</translation>
        </message>
        <message>
            <source>Curves</source>
            <translation>Courbes</translation>
        </message>
        <message>
            <source>Explains every feature, then hides (deletion) or shows (insertion) its super-pixels one by one in the order of their contributions, and records the model's output.
A good explanation gives a small area under the deletion curve and a large one under the insertion curve; the reverse order and at least 20 random orders are given beside it, because a number alone tells nothing. Beside them stand infidelity (how well the contributions foretell what hiding random cells changes), completeness and the rank correlation with an explanation from another seed; of RISE's maps, whose values do not add up, there are the curves alone. With M super-pixels it runs the model about 44 M times for each feature.</source>
            <translation>Explique chaque entité, puis masque (suppression) ou montre (insertion) ses superpixels un par un dans l'ordre de leurs contributions, et note la sortie du modèle.
Une bonne explication donne une petite aire sous la courbe de suppression et une grande sous celle d'insertion ; l'ordre inverse et au moins 20 ordres aléatoires sont donnés à côté, car un nombre seul ne dit rien. S'y ajoutent l'infidélité (si les contributions prédisent bien ce que change le masquage de cellules au hasard), la complétude et la corrélation de rang avec une explication d'une autre graine ; pour les cartes de RISE, dont les valeurs ne s'additionnent pas, il n'y a que les courbes. Avec M superpixels, le modèle est exécuté environ 44 M fois par entité.</translation>
        </message>
        <message>
            <source>Explains the model again with a tenth, a quarter, half and all of its layers re-initialised: an explanation that stays the same explains the image, not the model. Takes four more runs.</source>
            <translation>Explique à nouveau le modèle avec un dixième, un quart, la moitié et la totalité de ses couches réinitialisées : une explication qui reste la même explique l'image, pas le modèle. Demande quatre calculs de plus.</translation>
        </message>
        <message>
            <source>Feature {}: curves</source>
            <translation>Entité {} : courbes</translation>
        </message>
        <message>
            <source>Insertion and deletion</source>
            <translation>Insertion et suppression</translation>
        </message>
        <message>
            <source>More of them make the comparison surer, and the run longer.</source>
            <translation>Plus il y en a, plus la comparaison est sûre, et le calcul long.</translation>
        </message>
        <message>
            <source>Quality</source>
            <translation>Qualité</translation>
        </message>
        <message>
            <source>Random orders to compare with</source>
            <translation>Ordres aléatoires de comparaison</translation>
        </message>
    </context>
    <context>
        <name>Layers</name>
        <message>
            <source>, trust </source>
            <translation>, confiance </translation>
        </message>
        <message>
            <source>0 {}: exact</source>
            <translation>0 {} : exact</translation>
        </message>
        <message>
            <source>0: no {}</source>
            <translation>0 : pas de {}</translation>
        </message>
        <message>
            <source>1: {}</source>
            <translation>1 : {}</translation>
        </message>
        <message>
            <source>classes</source>
            <translation>classes</translation>
        </message>
        <message>
            <source>contribution</source>
            <translation>contribution</translation>
        </message>
        <message>
            <source>contributions to p({})</source>
            <translation>contributions à p({})</translation>
        </message>
        <message>
            <source>logit</source>
            <translation>logit</translation>
        </message>
        <message>
            <source>model output</source>
            <translation>sortie du modèle</translation>
        </message>
        <message>
            <source>not explained</source>
            <translation>non expliquée</translation>
        </message>
        <message>
            <source>output</source>
            <translation>sortie</translation>
        </message>
        <message>
            <source>probability</source>
            <translation>probabilité</translation>
        </message>
        <message>
            <source>rank {}, {} % of the difference</source>
            <translation>rang {}, {} % de la différence</translation>
        </message>
        <message>
            <source>region</source>
            <translation>région</translation>
        </message>
        <message>
            <source>share of pixels</source>
            <translation>part des pixels</translation>
        </message>
        <message>
            <source>slick </source>
            <translation>nappe </translation>
        </message>
        <message>
            <source>slicks</source>
            <translation>nappes</translation>
        </message>
        <message>
            <source>standard error</source>
            <translation>erreur type</translation>
        </message>
        <message>
            <source>super-pixel </source>
            <translation>superpixel </translation>
        </message>
        <message>
            <source>super-pixels</source>
            <translation>superpixels</translation>
        </message>
        <message>
            <source>trust {} to {}</source>
            <translation>confiance de {} à {}</translation>
        </message>
        <message>
            <source>{} (so far)</source>
            <translation>{} (jusqu'ici)</translation>
        </message>
        <message>
            <source>{} to {}</source>
            <translation>{} à {}</translation>
        </message>
        <message>
            <source>{} {}: against {}</source>
            <translation>{} {} : contre {}</translation>
        </message>
        <message>
            <source>{} {}: for {}</source>
            <translation>{} {} : pour {}</translation>
        </message>
        <message>
            <source>{} {}: matters least for {}</source>
            <translation>{} {} : compte le moins pour {}</translation>
        </message>
        <message>
            <source>{} {}: matters most for {}</source>
            <translation>{} {} : compte le plus pour {}</translation>
        </message>
        <message>
            <source>±{} {}: standard error</source>
            <translation>±{} {} : erreur type</translation>
        </message>
    </context>
    <context>
        <name>LayersChart</name>
        <message>
            <source>Blue: rank correlation of the map with that of the model after a share of its layers, counted from its output, has lost what it learnt. Orange, without the signs. The dotted line is what another seed reaches. A map that shows what the model has learnt falls towards 0.</source>
            <translation>Bleu : corrélation de rang de la carte avec celle du modèle après qu'une part de ses couches, comptée depuis sa sortie, a perdu ce qu'elle avait appris. Orange : sans les signes. La ligne pointillée est ce qu'atteint une autre graine. Une carte qui montre ce que le modèle a appris tombe vers 0.</translation>
        </message>
        <message>
            <source>Likeness to the map of re-initialised models</source>
            <translation>Ressemblance avec la carte de modèles réinitialisés</translation>
        </message>
        <message>
            <source>another seed</source>
            <translation>autre graine</translation>
        </message>
        <message>
            <source>layers re-initialised</source>
            <translation>couches réinitialisées</translation>
        </message>
        <message>
            <source>rank correlation</source>
            <translation>corrélation de rang</translation>
        </message>
        <message>
            <source>without signs</source>
            <translation>sans les signes</translation>
        </message>
    </context>
    <context>
        <name>Likeness</name>
        <message>
            <source>Cells that differ surely</source>
            <translation>Cellules qui diffèrent sûrement</translation>
        </message>
        <message>
            <source>Largest difference</source>
            <translation>Plus grande différence</translation>
        </message>
        <message>
            <source>Rank correlation, all cells</source>
            <translation>Corrélation de rang, toutes les cellules</translation>
        </message>
        <message>
            <source>Rank correlation, sure cells</source>
            <translation>Corrélation de rang, cellules sûres</translation>
        </message>
        <message>
            <source>Same sign</source>
            <translation>Même signe</translation>
        </message>
        <message>
            <source>{} of {}</source>
            <translation>{} sur {}</translation>
        </message>
        <message>
            <source>{} of {} sure in both</source>
            <translation>{} des {} sûres dans les deux</translation>
        </message>
    </context>
    <context>
        <name>LikenessSection</name>
        <message>
            <source>How ali&amp;ke the two runs are</source>
            <translation>Ressemblance des deux cal&amp;culs</translation>
        </message>
        <message>
            <source>How alike the two runs are</source>
            <translation>Ressemblance des deux calculs</translation>
        </message>
        <message>
            <source>Measure</source>
            <translation>Mesure</translation>
        </message>
        <message>
            <source>Most cells contribute nearly nothing and their ranks are noise: trust the correlation of the sure cells. A cell is sure where its contribution is at least two standard errors off zero.</source>
            <translation>La plupart des cellules ne contribuent presque rien et leurs rangs sont du bruit : fiez-vous à la corrélation des cellules sûres. Une cellule est sûre si sa contribution est à au moins deux erreurs types de zéro.</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>Valeur</translation>
        </message>
    </context>
    <context>
        <name>MakeSuperpixels</name>
        <message>
            <source>Divides a raster, or a part of it, into super-pixels: hexagons, squares, or SLIC, which follows the image; hexagons cut along classes, for instance those of a segmented raster; or the polygons of a layer.
Pixels without data, and what is left out, belong to no super-pixel. Use it to choose a size before a long run, or to summarise other rasters by the same cells.</source>
            <translation>Divise un raster, ou une partie, en superpixels : hexagones, carrés, ou SLIC, qui suit l'image ; hexagones coupés le long de classes, par exemple celles d'un raster segmenté ; ou les polygones d'une couche.
Les pixels sans données, et ce qui est laissé de côté, n'appartiennent à aucun superpixel. Utile pour choisir une taille avant un long calcul, ou pour résumer d'autres rasters par les mêmes cellules.</translation>
        </message>
        <message>
            <source>Make super-pixels</source>
            <translation>Créer des superpixels</translation>
        </message>
        <message>
            <source>One polygon each, with its number, area and mean values.</source>
            <translation>Un polygone chacun, avec son numéro, son aire et ses valeurs moyennes.</translation>
        </message>
        <message>
            <source>Part of the raster</source>
            <translation>Partie du raster</translation>
        </message>
        <message>
            <source>Preparation</source>
            <translation>Préparation</translation>
        </message>
        <message>
            <source>Super-pixels</source>
            <translation>Superpixels</translation>
        </message>
        <message>
            <source>The whole raster if it is empty.</source>
            <translation>Tout le raster si vide.</translation>
        </message>
        <message>
            <source>{} super-pixels.</source>
            <translation>{} superpixels.</translation>
        </message>
    </context>
    <context>
        <name>Messages</name>
        <message>
            <source>Details</source>
            <translation>Détails</translation>
        </message>
        <message>
            <source>The explanation failed: {}</source>
            <translation>L'explication a échoué : {}</translation>
        </message>
    </context>
    <context>
        <name>MethodSection</name>
        <message>
            <source> %</source>
            <translation> %</translation>
        </message>
        <message>
            <source> pixels</source>
            <translation> pixels</translation>
        </message>
        <message>
            <source>&amp;Effort</source>
            <translation>&amp;Effort</translation>
        </message>
        <message>
            <source>&amp;Method</source>
            <translation>&amp;Méthode</translation>
        </message>
        <message>
            <source>&amp;Output</source>
            <translation>S&amp;ortie</translation>
        </message>
        <message>
            <source>&amp;Super-pixels</source>
            <translation>&amp;Superpixels</translation>
        </message>
        <message>
            <source>&amp;Unit</source>
            <translation>&amp;Unité</translation>
        </message>
        <message>
            <source>&amp;Window</source>
            <translation>Fe&amp;nêtre</translation>
        </message>
        <message>
            <source>A run stops by itself once the map is as precise as the effort asks for.</source>
            <translation>Un calcul s'arrête de lui-même dès que la carte a la précision que demande l'effort.</translation>
        </message>
        <message>
            <source>Ad&amp;vanced</source>
            <translation>A&amp;vancé</translation>
        </message>
        <message>
            <source>Amplitude</source>
            <translation>Amplitude</translation>
        </message>
        <message>
            <source>At most about {} on this machine, as the last run went.</source>
            <translation>Au plus {} environ sur cette machine, d'après le dernier calcul.</translation>
        </message>
        <message>
            <source>Balanced</source>
            <translation>Équilibré</translation>
        </message>
        <message>
            <source>Colour-b&amp;lind safe colours</source>
            <translation>Couleurs pour dal&amp;toniens</translation>
        </message>
        <message>
            <source>Decibel</source>
            <translation>Décibel</translation>
        </message>
        <message>
            <source>Decision (0 or 1)</source>
            <translation>Décision (0 ou 1)</translation>
        </message>
        <message>
            <source>Draws the cells of a window in the middle of the map, before any run.</source>
            <translation>Dessine les cellules d'une fenêtre au milieu de la carte, avant tout calcul.</translation>
        </message>
        <message>
            <source>Evaluatio&amp;ns</source>
            <translation>Évaluatio&amp;ns</translation>
        </message>
        <message>
            <source>Expected time</source>
            <translation>Durée prévue</translation>
        </message>
        <message>
            <source>How often the model is run at most.</source>
            <translation>Combien de fois le modèle est exécuté au plus.</translation>
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
            <source>Merge &amp;pixels</source>
            <translation>Fusionner les &amp;pixels</translation>
        </message>
        <message>
            <source>Merge so many pixels along each side into one. Only where the model was trained on coarser pixels than the raster has.</source>
            <translation>Fusionner autant de pixels de chaque côté en un seul. Seulement si le modèle a été entraîné sur des pixels plus grossiers que ceux du raster.</translation>
        </message>
        <message>
            <source>Own effort</source>
            <translation>Effort personnalisé</translation>
        </message>
        <message>
            <source>Own size</source>
            <translation>Taille personnalisée</translation>
        </message>
        <message>
            <source>Power (sigma0, gamma0)</source>
            <translation>Puissance (sigma0, gamma0)</translation>
        </message>
        <message>
            <source>Probability</source>
            <translation>Probabilité</translation>
        </message>
        <message>
            <source>Purple for and orange against the class, instead of green and red.</source>
            <translation>Violet pour et orange contre la classe, au lieu de vert et rouge.</translation>
        </message>
        <message>
            <source>Quick</source>
            <translation>Rapide</translation>
        </message>
        <message>
            <source>RISE</source>
            <translation>RISE</translation>
        </message>
        <message>
            <source>RISE is there to compare with: a smooth map from random masks, without super-pixels. Its values do not add up, and only the signed variant tells for from against.</source>
            <translation>RISE est là pour comparer : une carte lisse issue de masques aléatoires, sans superpixels. Ses valeurs ne s'additionnent pas, et seule la variante signée distingue le pour du contre.</translation>
        </message>
        <message>
            <source>RISE, signed</source>
            <translation>RISE, signé</translation>
        </message>
        <message>
            <source>Recognise from the values</source>
            <translation>Reconnaître d'après les valeurs</translation>
        </message>
        <message>
            <source>S&amp;top at</source>
            <translation>Arrê&amp;ter à</translation>
        </message>
        <message>
            <source>Same seed and settings: same result.</source>
            <translation>Même graine et mêmes réglages : même résultat.</translation>
        </message>
        <message>
            <source>Score before softmax</source>
            <translation>Score avant softmax</translation>
        </message>
        <message>
            <source>Seed</source>
            <translation>Graine</translation>
        </message>
        <message>
            <source>Shapley values</source>
            <translation>Valeurs de Shapley</translation>
        </message>
        <message>
            <source>Sho&amp;w them on the map</source>
            <translation>Les &amp;montrer sur la carte</translation>
        </message>
        <message>
            <source>Side of the square window around the region that the model sees.</source>
            <translation>Côté de la fenêtre carrée, autour de la région, que le modèle voit.</translation>
        </message>
        <message>
            <source>Size of the cells that are shown or hidden. Smaller cells show more detail and need more evaluations. Compare maps only at equal size.</source>
            <translation>Taille des cellules montrées ou masquées. De petites cellules montrent plus de détails et demandent plus d'évaluations. Ne comparez des cartes qu'à taille égale.</translation>
        </message>
        <message>
            <source>Small</source>
            <translation>Petits</translation>
        </message>
        <message>
            <source>Stop when the largest standard error is this share of the map's range.</source>
            <translation>Arrêter quand la plus grande erreur type est cette part de l'étendue de la carte.</translation>
        </message>
        <message>
            <source>Thorough</source>
            <translation>Approfondi</translation>
        </message>
        <message>
            <source>Time on this machine: known after the first run.</source>
            <translation>Durée sur cette machine : connue après le premier calcul.</translation>
        </message>
        <message>
            <source>What the pixel values are.</source>
            <translation>Ce que sont les valeurs des pixels.</translation>
        </message>
        <message>
            <source>Which output of the model is averaged over the region.</source>
            <translation>La sortie du modèle dont on prend la moyenne sur la région.</translation>
        </message>
        <message>
            <source>never</source>
            <translation>jamais</translation>
        </message>
        <message>
            <source>no</source>
            <translation>non</translation>
        </message>
    </context>
    <context>
        <name>ModelManager</name>
        <message>
            <source>&amp;Add…</source>
            <translation>&amp;Ajouter…</translation>
        </message>
        <message>
            <source>&amp;Try on</source>
            <translation>&amp;Essayer sur</translation>
        </message>
        <message>
            <source>Add a card, an ONNX or a TorchScript file.</source>
            <translation>Ajouter une fiche, un fichier ONNX ou TorchScript.</translation>
        </message>
        <message>
            <source>Add a model</source>
            <translation>Ajouter un modèle</translation>
        </message>
        <message>
            <source>Added: {}</source>
            <translation>Ajouté : {}</translation>
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
            <source>Dist&amp;rust</source>
            <translation>Retirer la &amp;confiance</translation>
        </message>
        <message>
            <source>File</source>
            <translation>Fichier</translation>
        </message>
        <message>
            <source>Format</source>
            <translation>Format</translation>
        </message>
        <message>
            <source>Let this TorchScript program run: only if you know where it comes from.</source>
            <translation>Laisser ce programme TorchScript s'exécuter : seulement si vous savez d'où il vient.</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>Modèle</translation>
        </message>
        <message>
            <source>Models</source>
            <translation>Modèles</translation>
        </message>
        <message>
            <source>Models (*.json *.onnx *.pt *.pts *.torchscript)</source>
            <translation>Modèles (*.json *.onnx *.pt *.pts *.torchscript)</translation>
        </message>
        <message>
            <source>Normalisation</source>
            <translation>Normalisation</translation>
        </message>
        <message>
            <source>Open a raster in the project, and choose it here.</source>
            <translation>Ouvrez un raster dans le projet, et choisissez-le ici.</translation>
        </message>
        <message>
            <source>Program</source>
            <translation>Programme</translation>
        </message>
        <message>
            <source>PyTorch is missing. SegSHAP's dock says how to get it.</source>
            <translation>PyTorch manque. Le panneau de SegSHAP dit comment l'obtenir.</translation>
        </message>
        <message>
            <source>Raster to try the model on</source>
            <translation>Raster sur lequel essayer le modèle</translation>
        </message>
        <message>
            <source>Re&amp;move</source>
            <translation>&amp;Retirer</translation>
        </message>
        <message>
            <source>Run the model once on the middle of the raster.</source>
            <translation>Exécuter le modèle une fois au milieu du raster.</translation>
        </message>
        <message>
            <source>Running…</source>
            <translation>En cours…</translation>
        </message>
        <message>
            <source>T&amp;rust</source>
            <translation>&amp;Faire confiance</translation>
        </message>
        <message>
            <source>Take it off this list. Its files stay.</source>
            <translation>Le retirer de cette liste. Ses fichiers restent.</translation>
        </message>
        <message>
            <source>Terms</source>
            <translation>Conditions</translation>
        </message>
        <message>
            <source>The chosen model's card</source>
            <translation>La fiche du modèle choisi</translation>
        </message>
        <message>
            <source>Where from</source>
            <translation>Provenance</translation>
        </message>
        <message>
            <source>Window</source>
            <translation>Fenêtre</translation>
        </message>
        <message>
            <source>comes with SegSHAP</source>
            <translation>fourni avec SegSHAP</translation>
        </message>
        <message>
            <source>not trusted: it does not run</source>
            <translation>sans confiance : il ne s'exécute pas</translation>
        </message>
        <message>
            <source>trusted</source>
            <translation>de confiance</translation>
        </message>
        <message>
            <source>{} is off the list; its files are where they were.</source>
            <translation>{} n'est plus dans la liste ; ses fichiers sont où ils étaient.</translation>
        </message>
        <message>
            <source>{} is trusted no longer.</source>
            <translation>{} n'est plus de confiance.</translation>
        </message>
        <message>
            <source>{} is trusted on this computer, as it is now.</source>
            <translation>{} est de confiance sur cet ordinateur, tel qu'il est maintenant.</translation>
        </message>
        <message>
            <source>{} pixels</source>
            <translation>{} pixels</translation>
        </message>
    </context>
    <context>
        <name>ModelTrial</name>
        <message>
            <source>It runs: {} x {} pixels of “{}” in {:.1f} s; winning classes: {}.</source>
            <translation>Il s'exécute : {} x {} pixels de « {} » en {:.1f} s ; classes gagnantes : {}.</translation>
        </message>
        <message>
            <source>Trying {}</source>
            <translation>Essai de {}</translation>
        </message>
    </context>
    <context>
        <name>OptionsPage</name>
        <message>
            <source>Models that the dock and the toolbox offer. Changes hold at once; your files are never changed or deleted.</source>
            <translation>Modèles que proposent le panneau et la boîte à outils. Les changements valent aussitôt ; vos fichiers ne sont jamais modifiés ni supprimés.</translation>
        </message>
    </context>
    <context>
        <name>PickTool</name>
        <message>
            <source>Choose a raster layer first.</source>
            <translation>Choisissez d'abord une couche raster.</translation>
        </message>
        <message>
            <source>This place cannot be converted to the coordinates of “{}”.</source>
            <translation>Ce lieu ne peut pas être converti dans les coordonnées de « {} ».</translation>
        </message>
        <message>
            <source>“{}” is drawn from web tiles and has no pixel values. Save it as a raster file, or choose another layer.</source>
            <translation>« {} » vient de tuiles web et n'a pas de valeurs de pixels. Enregistrez-la comme fichier raster, ou choisissez une autre couche.</translation>
        </message>
    </context>
    <context>
        <name>Picking</name>
        <message>
            <source>&amp;All features together as one region</source>
            <translation>&amp;Toutes les entités ensemble, comme une région</translation>
        </message>
        <message>
            <source>&amp;Each feature on its own</source>
            <translation>&amp;Chaque entité séparément</translation>
        </message>
        <message>
            <source>&amp;Region</source>
            <translation>&amp;Région</translation>
        </message>
        <message>
            <source>Choose a raster layer first.</source>
            <translation>Choisissez d'abord une couche raster.</translation>
        </message>
        <message>
            <source>Explain a region: click its corners, or drag to draw freehand. Backspace takes a corner back, Esc clears, double-click, Enter or right-click finishes.</source>
            <translation>Expliquer une région : cliquez ses sommets, ou tirez pour dessiner à main levée. Retour arrière enlève un sommet, Échap efface tout, double-clic, Entrée ou clic droit termine.</translation>
        </message>
        <message>
            <source>Explain every feature selected in a polygon layer on its own, one after the other. The arrow offers to explain them together as one region.</source>
            <translation>Expliquer séparément, l'une après l'autre, les entités sélectionnées d'une couche de polygones. La flèche propose de les expliquer ensemble comme une seule région.</translation>
        </message>
        <message>
            <source>Explain one pixel: click it on the map.</source>
            <translation>Expliquer un pixel : cliquez-le sur la carte.</translation>
        </message>
        <message>
            <source>Explain what the model found: click inside a slick on the map.</source>
            <translation>Expliquer ce que le modèle a trouvé : cliquez dans une nappe sur la carte.</translation>
        </message>
        <message>
            <source>Pi&amp;xel</source>
            <translation>Pi&amp;xel</translation>
        </message>
        <message>
            <source>Predicted slic&amp;k</source>
            <translation>Nappe &amp;prédite</translation>
        </message>
        <message>
            <source>Select at least one feature in a polygon layer first.</source>
            <translation>Sélectionnez d'abord au moins une entité d'une couche de polygones.</translation>
        </message>
        <message>
            <source>Selected &amp;features</source>
            <translation>&amp;Entités sélectionnées</translation>
        </message>
        <message>
            <source>The selected features have no place on this raster.</source>
            <translation>Les entités sélectionnées n'ont pas de place sur ce raster.</translation>
        </message>
        <message>
            <source>{} features are selected. Select at most {}, explain them together, or take “Explain regions” of the Processing Toolbox, which is made for many.</source>
            <translation>{} entités sont sélectionnées. Sélectionnez-en {} au plus, expliquez-les ensemble, ou prenez « Explain regions » de la boîte à outils de traitements, qui est faite pour un grand nombre.</translation>
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
            <source> (goal {:.0%})</source>
            <translation> (objectif {:.0%})</translation>
        </message>
        <message>
            <source> · about {} left</source>
            <translation> · encore {} environ</translation>
        </message>
        <message>
            <source> · precision {:.0%}</source>
            <translation> · précision {:.0%}</translation>
        </message>
        <message>
            <source>Cance&amp;l</source>
            <translation>Annu&amp;ler</translation>
        </message>
        <message>
            <source>Progress of the explanation</source>
            <translation>Avancement de l'explication</translation>
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
    </context>
    <context>
        <name>RegionTool</name>
        <message>
            <source>A region needs at least three corners: click on, or press Esc to clear.</source>
            <translation>Une région a au moins trois sommets : continuez à cliquer, ou effacez avec Échap.</translation>
        </message>
    </context>
    <context>
        <name>Repeat</name>
        <message>
            <source>A model's card (.json), an ONNX file, or another file with its card beside.</source>
            <translation>La fiche d'un modèle (.json), un fichier ONNX, ou un autre fichier avec sa fiche à côté.</translation>
        </message>
        <message>
            <source>All bits are the same</source>
            <translation>Tous les bits sont les mêmes</translation>
        </message>
        <message>
            <source>An existing GeoPackage is added to.</source>
            <translation>Un GeoPackage existant est complété.</translation>
        </message>
        <message>
            <source>Cancelled: nothing was written.</source>
            <translation>Annulé : rien n'a été écrit.</translation>
        </message>
        <message>
            <source>GeoPackage with the explanation</source>
            <translation>GeoPackage avec l'explication</translation>
        </message>
        <message>
            <source>Largest difference</source>
            <translation>Plus grande différence</translation>
        </message>
        <message>
            <source>Largest difference: {:.3g}</source>
            <translation>Plus grande différence : {:.3g}</translation>
        </message>
        <message>
            <source>Model file, if it lies elsewhere now</source>
            <translation>Fichier du modèle, s'il est ailleurs maintenant</translation>
        </message>
        <message>
            <source>Name of the run</source>
            <translation>Nom de l'exécution</translation>
        </message>
        <message>
            <source>Only compared with the pixels in the file, which are what is explained.</source>
            <translation>Seulement comparé aux pixels du fichier, qui sont ce qui est expliqué.</translation>
        </message>
        <message>
            <source>Quality</source>
            <translation>Qualité</translation>
        </message>
        <message>
            <source>Raster, if it lies elsewhere now</source>
            <translation>Raster, s'il est ailleurs maintenant</translation>
        </message>
        <message>
            <source>Repeat an explanation</source>
            <translation>Répéter une explication</translation>
        </message>
        <message>
            <source>Repeats an exported explanation from what its GeoPackage carries: pixels, super-pixels, region, settings and seed. The model must be the one that made it, by its checksum; the raster is compared with the pixels in the file, if it is still there.
Writes the repetition into a GeoPackage and tells the largest difference to the old values. On the same machine, with the same versions, it is 0: the bits are the same. A run that was cancelled is repeated as far as it went. A slick of a queue was explained together with its neighbours, and is repeated alone, which need not give the same bits.</source>
            <translation>Répète une explication exportée à partir de ce que son GeoPackage contient : pixels, superpixels, région, réglages et graine. Le modèle doit être celui qui l'a faite, d'après sa somme de contrôle ; le raster est comparé aux pixels du fichier, s'il est encore là.
Écrit la répétition dans un GeoPackage et donne la plus grande différence avec les anciennes valeurs. Sur la même machine, avec les mêmes versions, elle est de 0 : les bits sont les mêmes. Une exécution annulée est répétée jusqu'où elle était allée. Une nappe d'une file a été expliquée avec ses voisines et est répétée seule, ce qui ne donne pas forcément les mêmes bits.</translation>
        </message>
        <message>
            <source>Repetition</source>
            <translation>Répétition</translation>
        </message>
        <message>
            <source>State of the raster</source>
            <translation>État du raster</translation>
        </message>
        <message>
            <source>The last one in the file if it is empty.</source>
            <translation>La dernière du fichier si le champ est vide.</translation>
        </message>
        <message>
            <source>The raster {} is not there; the pixels in the file are explained.</source>
            <translation>Le raster {} n'est pas là ; les pixels du fichier sont expliqués.</translation>
        </message>
        <message>
            <source>The repetition is the same to the last bit.</source>
            <translation>La répétition est la même au bit près.</translation>
        </message>
        <message>
            <source>Written by the dock, or by one of the algorithms as whole runs.</source>
            <translation>Écrit par le panneau, ou par l'un des algorithmes comme exécutions complètes.</translation>
        </message>
        <message>
            <source>{} of {} pixels of the raster are not as they were; those in the file are explained.</source>
            <translation>{} pixels du raster sur {} ont changé ; ceux du fichier sont expliqués.</translation>
        </message>
    </context>
    <context>
        <name>Report</name>
        <message>
            <source>About the model</source>
            <translation>À propos du modèle</translation>
        </message>
        <message>
            <source>Bands</source>
            <translation>Bandes</translation>
        </message>
        <message>
            <source>Base value (everything hidden)</source>
            <translation>Valeur de base (tout masqué)</translation>
        </message>
        <message>
            <source>Class</source>
            <translation>Classe</translation>
        </message>
        <message>
            <source>Class {}</source>
            <translation>Classe {}</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>Classes</translation>
        </message>
        <message>
            <source>Evaluations of the model</source>
            <translation>Évaluations du modèle</translation>
        </message>
        <message>
            <source>Explains</source>
            <translation>Explique</translation>
        </message>
        <message>
            <source>Largest standard error, share of the range</source>
            <translation>Plus grande erreur type, part de l'étendue</translation>
        </message>
        <message>
            <source>Licence</source>
            <translation>Licence</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>Modèle</translation>
        </message>
        <message>
            <source>Model card</source>
            <translation>Fiche du modèle</translation>
        </message>
        <message>
            <source>Model output on the region</source>
            <translation>Sortie du modèle sur la région</translation>
        </message>
        <message>
            <source>Region</source>
            <translation>Région</translation>
        </message>
        <message>
            <source>Score: {}</source>
            <translation>Score : {}</translation>
        </message>
        <message>
            <source>Seed</source>
            <translation>Graine</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>Réglages</translation>
        </message>
        <message>
            <source>Source</source>
            <translation>Source</translation>
        </message>
        <message>
            <source>Sum of contributions</source>
            <translation>Somme des contributions</translation>
        </message>
        <message>
            <source>Super-pixels</source>
            <translation>Superpixels</translation>
        </message>
        <message>
            <source>Trained with</source>
            <translation>Entraîné avec</translation>
        </message>
        <message>
            <source>Unit</source>
            <translation>Unité</translation>
        </message>
        <message>
            <source>not available: {}</source>
            <translation>indisponible : {}</translation>
        </message>
        <message>
            <source>not known</source>
            <translation>inconnue</translation>
        </message>
        <message>
            <source>{:.4g}; base {:.4g}</source>
            <translation>{:.4g} ; base {:.4g}</translation>
        </message>
        <message>
            <source>{} on {}</source>
            <translation>{} sur {}</translation>
        </message>
        <message>
            <source>{} pixels</source>
            <translation>{} pixels</translation>
        </message>
    </context>
    <context>
        <name>Reports</name>
        <message>
            <source>Check: {}</source>
            <translation>Vérification : {}</translation>
        </message>
        <message>
            <source>Document (*.pdf)</source>
            <translation>Document (*.pdf)</translation>
        </message>
        <message>
            <source>Does the model follow the map?</source>
            <translation>Le modèle suit-il la carte ?</translation>
        </message>
        <message>
            <source>How far can the map be relied on?</source>
            <translation>Jusqu'où peut-on se fier à la carte ?</translation>
        </message>
        <message>
            <source>How the map settled</source>
            <translation>Stabilisation de la carte</translation>
        </message>
        <message>
            <source>Largest standard error, as a share of the map's range: {}.</source>
            <translation>Plus grande erreur type, en part de l'étendue de la carte : {}.</translation>
        </message>
        <message>
            <source>Warning</source>
            <translation>Avertissement</translation>
        </message>
        <message>
            <source>What the checks say</source>
            <translation>Ce que disent les vérifications</translation>
        </message>
        <message>
            <source>Write a report</source>
            <translation>Écrire un rapport</translation>
        </message>
        <message>
            <source>Written: {}</source>
            <translation>Écrit : {}</translation>
        </message>
    </context>
    <context>
        <name>ResultPanel</name>
        <message>
            <source>Cell {}: {} {}</source>
            <translation>Cellule {} : {} {}</translation>
        </message>
        <message>
            <source>Cop&amp;y</source>
            <translation>Cop&amp;ier</translation>
        </message>
        <message>
            <source>How the map se&amp;ttled</source>
            <translation>S&amp;tabilisation de la carte</translation>
        </message>
        <message>
            <source>No result yet: pick a tool on the first page and click on the map.</source>
            <translation>Pas encore de résultat : prenez un outil sur la première page et cliquez sur la carte.</translation>
        </message>
        <message>
            <source>Point at a bar, or at a cell of the map.</source>
            <translation>Désignez une barre, ou une cellule de la carte.</translation>
        </message>
        <message>
            <source>Re&amp;port…</source>
            <translation>Ra&amp;pport…</translation>
        </message>
        <message>
            <source>Result of the chosen run</source>
            <translation>Résultat du calcul choisi</translation>
        </message>
        <message>
            <source>Sa&amp;ve…</source>
            <translation>Enreg&amp;istrer…</translation>
        </message>
        <message>
            <source>So far: {}</source>
            <translation>Jusqu'ici : {}</translation>
        </message>
        <message>
            <source>The cell that is pointed at</source>
            <translation>La cellule désignée</translation>
        </message>
        <message>
            <source>Write a PDF with map, charts, settings and model card.</source>
            <translation>Écrire un PDF avec carte, graphiques, réglages et fiche du modèle.</translation>
        </message>
    </context>
    <context>
        <name>RunActions</name>
        <message>
            <source>&amp;Compare two</source>
            <translation>&amp;Comparer deux calculs</translation>
        </message>
        <message>
            <source>&amp;Delete</source>
            <translation>&amp;Supprimer</translation>
        </message>
        <message>
            <source>Add the run's layers to the project.</source>
            <translation>Ajouter les couches du calcul au projet.</translation>
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
            <source>Fill the first page with the settings of this run.</source>
            <translation>Remplir la première page avec les réglages de ce calcul.</translation>
        </message>
        <message>
            <source>Give the run another name.</source>
            <translation>Donner un autre nom au calcul.</translation>
        </message>
        <message>
            <source>Mor&amp;e</source>
            <translation>P&amp;lus</translation>
        </message>
        <message>
            <source>Re&amp;name</source>
            <translation>Re&amp;nommer</translation>
        </message>
        <message>
            <source>Rename, show again, repeat, compare, delete.</source>
            <translation>Renommer, remontrer, refaire, comparer, supprimer.</translation>
        </message>
        <message>
            <source>Show &amp;layers again</source>
            <translation>Remontrer les &amp;couches</translation>
        </message>
        <message>
            <source>Show where two runs of the same cells differ: the newer minus the older.</source>
            <translation>Montrer où deux calculs sur les mêmes cellules diffèrent : le plus récent moins le plus ancien.</translation>
        </message>
        <message>
            <source>Take over its &amp;settings</source>
            <translation>Reprendre ses &amp;réglages</translation>
        </message>
        <message>
            <source>Take the run off the list and out of the project; its layers stay.</source>
            <translation>Retirer le calcul de la liste et du projet ; ses couches restent.</translation>
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
            <source>&amp;GeoPackage…</source>
            <translation>&amp;GeoPackage…</translation>
        </message>
        <message>
            <source>Export one file with maps, super-pixels, region, settings and styles.</source>
            <translation>Exporter un fichier avec cartes, superpixels, région, réglages et styles.</translation>
        </message>
        <message>
            <source>Export the contribution map on the raster's own grid.</source>
            <translation>Exporter la carte des contributions sur la grille du raster.</translation>
        </message>
        <message>
            <source>Geo&amp;TIFF…</source>
            <translation>Geo&amp;TIFF…</translation>
        </message>
        <message>
            <source>Result</source>
            <translation>Résultat</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Calcul</translation>
        </message>
        <message>
            <source>Runs</source>
            <translation>Calculs</translation>
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
        <name>SceneDesk</name>
        <message>
            <source>All of “{}”, class {} of “{}”. Layer, model and the settings of the explanations are those of the page “Explain”.</source>
            <translation>Tout « {} », classe {} de « {} ». Couche, modèle et paramètres des explications sont ceux de la page « Expliquer ».</translation>
        </message>
        <message>
            <source>Choose a folder for the results first.</source>
            <translation>Choisissez d'abord un dossier pour les résultats.</translation>
        </message>
        <message>
            <source>Choose a raster layer first.</source>
            <translation>Choisissez d'abord une couche raster.</translation>
        </message>
        <message>
            <source>Choose a raster layer on the page “Explain” first.</source>
            <translation>Choisissez d'abord une couche raster à la page « Expliquer ».</translation>
        </message>
        <message>
            <source>No slick was found.</source>
            <translation>Aucune nappe n'a été trouvée.</translation>
        </message>
        <message>
            <source>Preparing: {}</source>
            <translation>Préparation : {}</translation>
        </message>
        <message>
            <source>PyTorch is missing.</source>
            <translation>PyTorch manque.</translation>
        </message>
        <message>
            <source>Slicks are explained on the cluster at {}.</source>
            <translation>Les nappes sont expliquées sur la grappe à {}.</translation>
        </message>
        <message>
            <source>Slicks are explained on this computer; a cluster is set in the options.</source>
            <translation>Les nappes sont expliquées sur cet ordinateur ; une grappe s'indique dans les options.</translation>
        </message>
        <message>
            <source>Slicks of {}</source>
            <translation>Nappes de {}</translation>
        </message>
        <message>
            <source>The dock says how to get it.</source>
            <translation>Le panneau dit comment l'obtenir.</translation>
        </message>
        <message>
            <source>The job before is still coming to its end.</source>
            <translation>Le travail précédent n'est pas encore terminé.</translation>
        </message>
        <message>
            <source>The results of “{}” are in {}.</source>
            <translation>Les résultats de « {} » sont dans {}.</translation>
        </message>
        <message>
            <source>This folder holds no unfinished job.</source>
            <translation>Ce dossier ne contient aucun travail inachevé.</translation>
        </message>
        <message>
            <source>Try again in a moment.</source>
            <translation>Réessayez dans un instant.</translation>
        </message>
        <message>
            <source>{} slicks explained.</source>
            <translation>{} nappes expliquées.</translation>
        </message>
        <message>
            <source>{} slicks explained; {} could not be: their rows say why.</source>
            <translation>{} nappes expliquées ; {} n'ont pu l'être : leurs lignes disent pourquoi.</translation>
        </message>
    </context>
    <context>
        <name>ScenePage</name>
        <message>
            <source> m</source>
            <translation> m</translation>
        </message>
        <message>
            <source> m²</source>
            <translation> m²</translation>
        </message>
        <message>
            <source> · about {} left</source>
            <translation> · encore {} environ</translation>
        </message>
        <message>
            <source>&amp;Estimate</source>
            <translation>&amp;Estimer</translation>
        </message>
        <message>
            <source>&amp;Folder</source>
            <translation>&amp;Dossier</translation>
        </message>
        <message>
            <source>&amp;Go on</source>
            <translation>&amp;Reprendre</translation>
        </message>
        <message>
            <source>&amp;Start</source>
            <translation>Dé&amp;marrer</translation>
        </message>
        <message>
            <source>&amp;Threshold</source>
            <translation>Se&amp;uil</translation>
        </message>
        <message>
            <source>; {:.1f} GB of memory</source>
            <translation> ; {:.1f} Go de mémoire</translation>
        </message>
        <message>
            <source>; {:.2f} GB of disk while it runs, {:.2f} GB after.</source>
            <translation> ; {:.2f} Go de disque pendant le calcul, {:.2f} Go après.</translation>
        </message>
        <message>
            <source>Dashboard of the cluster</source>
            <translation>Tableau de bord de la grappe</translation>
        </message>
        <message>
            <source>Do a small part and tell how long all of it would take, and how much room.</source>
            <translation>Faire une petite partie et dire combien de temps prendrait le tout, et combien de place.</translation>
        </message>
        <message>
            <source>Double-click or Enter shows a slick and its explanation. “On it”, “Near” and “Far” say where the contributions lie. Trust is the probability times the share of all contributions that speak for the slick from on it or near it; it is not the probability that the slick is oil.</source>
            <translation>Un double clic ou Entrée montre une nappe et son explication. « Dessus », « Près » et « Loin » disent où sont les contributions. La confiance est la probabilité multipliée par la part de toutes les contributions qui parlent pour la nappe depuis la nappe ou près d'elle ; ce n'est pas la probabilité que la nappe soit du pétrole.</translation>
        </message>
        <message>
            <source>Exact (float32)</source>
            <translation>Exactes (float32)</translation>
        </message>
        <message>
            <source>Explained slicks</source>
            <translation>Nappes expliquées</translation>
        </message>
        <message>
            <source>Explanations: {} windows, at most about {} on one processor core, {} on {} workers</source>
            <translation>Explications : {} fenêtres, au plus {} environ sur un cœur de processeur, {} sur {} workers</translation>
        </message>
        <message>
            <source>Far</source>
            <translation>Loin</translation>
        </message>
        <message>
            <source>How far an outline may depart from the pixels' edges. The measures stay those of the exact outline; what is explained lies inside the simplified one.</source>
            <translation>De combien un contour peut s'écarter des bords des pixels. Les mesures restent celles du contour exact ; ce qui est expliqué se trouve dans le contour simplifié.</translation>
        </message>
        <message>
            <source>La&amp;nd</source>
            <translation>&amp;Terre</translation>
        </message>
        <message>
            <source>Near</source>
            <translation>Près</translation>
        </message>
        <message>
            <source>On it</source>
            <translation>Dessus</translation>
        </message>
        <message>
            <source>Pixels of this probability and above belong to slicks.</source>
            <translation>Les pixels de cette probabilité ou plus appartiennent aux nappes.</translation>
        </message>
        <message>
            <source>Polygons, in a file, where nothing is predicted; may be left empty.</source>
            <translation>Polygones, dans un fichier, où rien n'est prédit ; peut rester vide.</translation>
        </message>
        <message>
            <source>Pro&amp;babilities</source>
            <translation>Pro&amp;babilités</translation>
        </message>
        <message>
            <source>Probability</source>
            <translation>Probabilité</translation>
        </message>
        <message>
            <source>Progress of the scene</source>
            <translation>Progression de la scène</translation>
        </message>
        <message>
            <source>Results go here as they are made. A job that was interrupted, even by the end of QGIS, goes on from this folder.</source>
            <translation>Les résultats arrivent ici à mesure. Un travail interrompu, même par la fin de QGIS, reprend depuis ce dossier.</translation>
        </message>
        <message>
            <source>S&amp;mallest slick</source>
            <translation>&amp;Plus petite nappe</translation>
        </message>
        <message>
            <source>Segment the scene, find the slicks, and explain every one of them.</source>
            <translation>Segmenter la scène, trouver les nappes, et expliquer chacune.</translation>
        </message>
        <message>
            <source>Segmentation: {} tiles, about {}</source>
            <translation>Segmentation : {} tuiles, environ {}</translation>
        </message>
        <message>
            <source>Sim&amp;plify outlines</source>
            <translation>Sim&amp;plifier les contours</translation>
        </message>
        <message>
            <source>Slick</source>
            <translation>Nappe</translation>
        </message>
        <message>
            <source>Smaller slicks are left out.</source>
            <translation>Les nappes plus petites sont laissées de côté.</translation>
        </message>
        <message>
            <source>Step 1 of 3: segmenting</source>
            <translation>Étape 1 sur 3 : segmentation</translation>
        </message>
        <message>
            <source>Step 2 of 3: finding slicks</source>
            <translation>Étape 2 sur 3 : recherche des nappes</translation>
        </message>
        <message>
            <source>Step 3 of 3: explaining slicks</source>
            <translation>Étape 3 sur 3 : explication des nappes</translation>
        </message>
        <message>
            <source>Steps of 1/254 (uint8)</source>
            <translation>Par pas de 1/254 (uint8)</translation>
        </message>
        <message>
            <source>Take up the unfinished job of this folder, with the settings it began with.</source>
            <translation>Reprendre le travail inachevé de ce dossier, avec ses paramètres de départ.</translation>
        </message>
        <message>
            <source>Trust</source>
            <translation>Confiance</translation>
        </message>
        <message>
            <source>not at all</source>
            <translation>pas du tout</translation>
        </message>
        <message>
            <source>uint8 takes a quarter of the room of float32.</source>
            <translation>uint8 prend un quart de la place de float32.</translation>
        </message>
        <message>
            <source>{}, {:.0%}</source>
            <translation>{}, {:.0%}</translation>
        </message>
    </context>
    <context>
        <name>SegShapAlgorithm</name>
        <message>
            <source>A model that comes with the plugin or was added in the options.</source>
            <translation>Un modèle fourni avec l'extension ou ajouté dans les options.</translation>
        </message>
        <message>
            <source>A model's card (.json), an ONNX file, or another file with its card beside it.</source>
            <translation>La fiche d'un modèle (.json), un fichier ONNX, ou un autre fichier avec sa fiche à côté.</translation>
        </message>
        <message>
            <source>A raster of classes or a polygon layer, for the shapes “layer” and “polygons”.</source>
            <translation>Un raster de classes ou une couche de polygones, pour les formes « layer » et « polygons ».</translation>
        </message>
        <message>
            <source>About so many come out.</source>
            <translation>Il en sort à peu près autant.</translation>
        </message>
        <message>
            <source>Another class: explains why the model prefers the class to explain to it.</source>
            <translation>Une autre classe : explique pourquoi le modèle lui préfère la classe à expliquer.</translation>
        </message>
        <message>
            <source>Background</source>
            <translation>Fond</translation>
        </message>
        <message>
            <source>Background value instead of the backgrounds above</source>
            <translation>Valeur de fond au lieu des fonds ci-dessus</translation>
        </message>
        <message>
            <source>Bands, in the order of the model's bands</source>
            <translation>Bandes, dans l'ordre de celles du modèle</translation>
        </message>
        <message>
            <source>Cells that SLIC is asked for (0: as the size says)</source>
            <translation>Cellules demandées à SLIC (0 : selon la taille)</translation>
        </message>
        <message>
            <source>Class to explain</source>
            <translation>Classe à expliquer</translation>
        </message>
        <message>
            <source>Compactness of SLIC</source>
            <translation>Compacité de SLIC</translation>
        </message>
        <message>
            <source>Evaluations of the model at most</source>
            <translation>Évaluations du modèle au plus</translation>
        </message>
        <message>
            <source>Explanation</source>
            <translation>Explication</translation>
        </message>
        <message>
            <source>Hexagons, squares, or SLIC, which follows the image.</source>
            <translation>Hexagones, carrés, ou SLIC, qui suit l'image.</translation>
        </message>
        <message>
            <source>Hexagons, squares, or SLIC, which follows the image; hexagons cut along a layer; or the polygons of a layer.</source>
            <translation>Hexagones, carrés, ou SLIC, qui suit l'image ; hexagones coupés le long d'une couche ; ou les polygones d'une couche.</translation>
        </message>
        <message>
            <source>Hexagons, squares, or SLIC, which follows the image; hexagons cut along the model's classes or along a layer; or the polygons of a layer.</source>
            <translation>Hexagones, carrés, ou SLIC, qui suit l'image ; hexagones coupés le long des classes du modèle ou d'une couche ; ou les polygones d'une couche.</translation>
        </message>
        <message>
            <source>How often the model is run for each feature, at most.</source>
            <translation>Combien de fois le modèle est exécuté par entité, au plus.</translation>
        </message>
        <message>
            <source>Image with pixel values of its own, e.g. radar amplitude, sigma0 or decibel.</source>
            <translation>Image avec ses propres valeurs de pixels, p. ex. amplitude radar, sigma0 ou décibels.</translation>
        </message>
        <message>
            <source>In the normalised units that the model reads, the same for all bands.</source>
            <translation>Dans les unités normalisées que lit le modèle, la même pour toutes les bandes.</translation>
        </message>
        <message>
            <source>Larger: rounder cells of like size. Smaller: cells follow the image closer.</source>
            <translation>Plus grande : cellules plus rondes et de taille semblable. Plus petite : les cellules suivent l'image de plus près.</translation>
        </message>
        <message>
            <source>Layer that the super-pixels follow</source>
            <translation>Couche que suivent les superpixels</translation>
        </message>
        <message>
            <source>Leave out (for instance land)</source>
            <translation>Laisser de côté (par exemple la terre)</translation>
        </message>
        <message>
            <source>Merge so many pixels along each side</source>
            <translation>Fusionner tant de pixels de chaque côté</translation>
        </message>
        <message>
            <source>Method</source>
            <translation>Méthode</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>Modèle</translation>
        </message>
        <message>
            <source>Model file instead of the model above</source>
            <translation>Fichier de modèle au lieu du modèle ci-dessus</translation>
        </message>
        <message>
            <source>Model: {}</source>
            <translation>Modèle : {}</translation>
        </message>
        <message>
            <source>Name of one of the model's classes; the model's own choice if empty.</source>
            <translation>Nom d'une des classes du modèle ; celle que propose le modèle si vide.</translation>
        </message>
        <message>
            <source>Only where the model was trained on coarser pixels than the raster has.</source>
            <translation>Seulement si le modèle a été entraîné sur des pixels plus grossiers que ceux du raster.</translation>
        </message>
        <message>
            <source>Polygons that belong to no super-pixel: the model always sees them.</source>
            <translation>Polygones qui n'appartiennent à aucun superpixel : le modèle les voit toujours.</translation>
        </message>
        <message>
            <source>PyTorch is missing. Open SegSHAP's dock: it says how to get it.</source>
            <translation>PyTorch manque. Ouvrez le panneau de SegSHAP : il dit comment l'obtenir.</translation>
        </message>
        <message>
            <source>RISE is there to compare with: a smooth map whose values do not add up.</source>
            <translation>RISE est là pour comparer : une carte lisse dont les valeurs ne s'additionnent pas.</translation>
        </message>
        <message>
            <source>Raster</source>
            <translation>Raster</translation>
        </message>
        <message>
            <source>Rather than</source>
            <translation>Plutôt que</translation>
        </message>
        <message>
            <source>Recognised from the values unless it is set.</source>
            <translation>Reconnue d'après les valeurs si elle n'est pas indiquée.</translation>
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
            <source>Shape of the super-pixels</source>
            <translation>Forme des superpixels</translation>
        </message>
        <message>
            <source>Side of a hexagon or square: 36 is large, 22 medium and 15 small in a window of 512 pixels. Compare maps only at equal size.</source>
            <translation>Côté d'un hexagone ou d'un carré : 36 est grand, 22 moyen et 15 petit dans une fenêtre de 512 pixels. Ne comparez les cartes qu'à taille égale.</translation>
        </message>
        <message>
            <source>Side of the window, in pixels (0: the model's)</source>
            <translation>Côté de la fenêtre, en pixels (0 : celui du modèle)</translation>
        </message>
        <message>
            <source>Size of the super-pixels, in pixels</source>
            <translation>Taille des superpixels, en pixels</translation>
        </message>
        <message>
            <source>Stop at this precision, in percent (0: never)</source>
            <translation>S'arrêter à cette précision, en pour cent (0 : jamais)</translation>
        </message>
        <message>
            <source>Stops early once the largest standard error is this share of the map's range.</source>
            <translation>S'arrête tôt dès que la plus grande erreur type est cette part de l'étendue de la carte.</translation>
        </message>
        <message>
            <source>The first bands of the raster if none are chosen.</source>
            <translation>Les premières bandes du raster si aucune n'est choisie.</translation>
        </message>
        <message>
            <source>The square around the region that the model sees.</source>
            <translation>Le carré autour de la région que voit le modèle.</translation>
        </message>
        <message>
            <source>Unit of the pixel values</source>
            <translation>Unité des valeurs de pixels</translation>
        </message>
        <message>
            <source>What hidden cells are painted with; black would itself look like oil. With several the values are averaged, and an evaluation runs the model for each.</source>
            <translation>Ce avec quoi les cellules masquées sont peintes ; le noir ressemblerait lui-même à du pétrole. Avec plusieurs fonds, les valeurs sont moyennées, et une évaluation exécute le modèle pour chacun.</translation>
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
            <source>A GeoTIFF; the classes go beside it.</source>
            <translation>Un GeoTIFF ; les classes vont à côté.</translation>
        </message>
        <message>
            <source>An earlier run was taken up where it had stopped.</source>
            <translation>Un calcul antérieur a été repris où il s'était arrêté.</translation>
        </message>
        <message>
            <source>Cancelled. The same run to the same file goes on where it was.</source>
            <translation>Annulé. Le même calcul vers le même fichier reprend où il en était.</translation>
        </message>
        <message>
            <source>Land to leave out</source>
            <translation>Terre à laisser de côté</translation>
        </message>
        <message>
            <source>More costs more time; less lets the edges of tiles show.</source>
            <translation>Plus coûte plus de temps ; moins laisse voir les bords des tuiles.</translation>
        </message>
        <message>
            <source>Only estimate time and memory</source>
            <translation>Estimer seulement la durée et la mémoire</translation>
        </message>
        <message>
            <source>Pixels of the probability</source>
            <translation>Pixels de la probabilité</translation>
        </message>
        <message>
            <source>Pixels that tiles share</source>
            <translation>Pixels que les tuiles partagent</translation>
        </message>
        <message>
            <source>Polygons, in a file, where nothing is predicted; any coordinate system.</source>
            <translation>Polygones, dans un fichier, où rien n'est prédit ; tout système de coordonnées.</translation>
        </message>
        <message>
            <source>Predicts one tile, says what all would cost, and stops.</source>
            <translation>Prédit une tuile, dit ce que coûterait le tout, et s'arrête.</translation>
        </message>
        <message>
            <source>Probability</source>
            <translation>Probabilité</translation>
        </message>
        <message>
            <source>Recognised from the values, once for the whole raster, unless it is set.</source>
            <translation>Reconnue d'après les valeurs, une fois pour tout le raster, si elle n'est pas indiquée.</translation>
        </message>
        <message>
            <source>Runs a model over a raster of any size and writes the probability of a class, and the class of every pixel beside it (NAME_class.tif), as cloud-optimised GeoTIFFs.
Tiles overlap and are blended. What is dark is judged against the open sea around it, smoothly across the scene, so neighbouring tiles agree. Memory does not grow with the height of the scene. Cancelled or killed, the same run goes on where it was.</source>
            <translation>Exécute un modèle sur un raster de toute taille et écrit la probabilité d'une classe, et à côté la classe de chaque pixel (NOM_class.tif), en GeoTIFF optimisés pour le nuage.
Les tuiles se recouvrent et sont fondues. Ce qui est sombre est jugé par rapport à la mer libre alentour, de façon lisse sur toute la scène, si bien que les tuiles voisines concordent. La mémoire ne croît pas avec la hauteur de la scène. Annulé ou tué, le même calcul reprend où il en était.</translation>
        </message>
        <message>
            <source>Segment a whole raster</source>
            <translation>Segmenter un raster entier</translation>
        </message>
        <message>
            <source>Side of a tile, in pixels (0: the model's)</source>
            <translation>Côté d'une tuile, en pixels (0 : celui du modèle)</translation>
        </message>
        <message>
            <source>The square that the model sees at once.</source>
            <translation>Le carré que le modèle voit d'un coup.</translation>
        </message>
        <message>
            <source>Unit of the pixel values</source>
            <translation>Unité des valeurs de pixels</translation>
        </message>
        <message>
            <source>Whole scenes</source>
            <translation>Scènes entières</translation>
        </message>
        <message>
            <source>uint8 holds steps of 1/254 in a quarter of the space of float32.</source>
            <translation>uint8 tient des pas de 1/254 dans le quart de la place de float32.</translation>
        </message>
        <message>
            <source>{} tiles.</source>
            <translation>{} tuiles.</translation>
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
            <source>&amp;Band</source>
            <translation>&amp;Bande</translation>
        </message>
        <message>
            <source>&amp;Class</source>
            <translation>C&amp;lasse</translation>
        </message>
        <message>
            <source>&amp;Layer</source>
            <translation>&amp;Couche</translation>
        </message>
        <message>
            <source>&amp;Model</source>
            <translation>&amp;Modèle</translation>
        </message>
        <message>
            <source>&amp;Rather than</source>
            <translation>Plu&amp;tôt que</translation>
        </message>
        <message>
            <source>Another model that knows the class: explains both on the same super-pixels and coalitions, and shows what the first sees rather than the second.</source>
            <translation>Un autre modèle qui connaît la classe : explique les deux sur les mêmes super-pixels et coalitions, et montre ce que voit le premier plutôt que le second.</translation>
        </message>
        <message>
            <source>Band “{}”</source>
            <translation>Bande « {} »</translation>
        </message>
        <message>
            <source>Choose a model card</source>
            <translation>Choisir une fiche de modèle</translation>
        </message>
        <message>
            <source>Choose a model card with “Other…”.</source>
            <translation>Choisissez une fiche de modèle avec « Autre… ».</translation>
        </message>
        <message>
            <source>Choose another layer, or pick a band for each row.</source>
            <translation>Choisissez une autre couche, ou une bande à chaque ligne.</translation>
        </message>
        <message>
            <source>Com&amp;pare with</source>
            <translation>Com&amp;parer avec</translation>
        </message>
        <message>
            <source>Explains why the model prefers the class to this one: what speaks for the one and against the other.</source>
            <translation>Explique pourquoi le modèle préfère la classe à celle-ci : ce qui parle pour l'une et contre l'autre.</translation>
        </message>
        <message>
            <source>Models (*.json *.onnx)</source>
            <translation>Modèles (*.json *.onnx)</translation>
        </message>
        <message>
            <source>No model is chosen.</source>
            <translation>Aucun modèle n'est choisi.</translation>
        </message>
        <message>
            <source>Other…</source>
            <translation>Autre…</translation>
        </message>
        <message>
            <source>The class whose probability is explained.</source>
            <translation>La classe dont on explique la probabilité.</translation>
        </message>
        <message>
            <source>The model reads {} bands, but “{}” has only {}.</source>
            <translation>Le modèle lit {} bandes, mais « {} » n'en a que {}.</translation>
        </message>
        <message>
            <source>The network to explain. “Other…” opens a card (.json) or an ONNX file.</source>
            <translation>Le réseau à expliquer. « Autre… » ouvre une fiche (.json) ou un fichier ONNX.</translation>
        </message>
        <message>
            <source>The raster to explain, for instance a SAR amplitude, sigma0 or decibel image.</source>
            <translation>Le raster à expliquer, par exemple une image radar en amplitude, sigma0 ou décibels.</translation>
        </message>
        <message>
            <source>The raster's band that the model reads as “{}”.</source>
            <translation>La bande du raster que le modèle lit comme « {} ».</translation>
        </message>
        <message>
            <source>no other model</source>
            <translation>aucun autre modèle</translation>
        </message>
        <message>
            <source>not chosen</source>
            <translation>non choisie</translation>
        </message>
        <message>
            <source>nothing: the class alone</source>
            <translation>rien : la classe seule</translation>
        </message>
    </context>
    <context>
        <name>TrustPage</name>
        <message>
            <source>A TorchScript file is a program, not only numbers. When it runs it can read and write your files, fill the memory, or never end. SegSHAP cannot check that for you and runs it only if you say so. If the file changes, you will be asked again.

The same network as an ONNX file needs no trust.</source>
            <translation>Un fichier TorchScript est un programme, pas seulement des nombres. En s'exécutant il peut lire et écrire vos fichiers, remplir la mémoire, ou ne jamais finir. SegSHAP ne peut le vérifier pour vous et ne l'exécute que si vous le dites. Si le fichier change, on vous le redemandera.

Le même réseau en fichier ONNX ne demande aucune confiance.</translation>
        </message>
        <message>
            <source>I &amp;know where this file comes from and trust it</source>
            <translation>Je &amp;sais d'où vient ce fichier et je lui fais confiance</translation>
        </message>
        <message>
            <source>Is {} to be trusted?</source>
            <translation>Faut-il faire confiance à {} ?</translation>
        </message>
    </context>
    <context>
        <name>WaterfallChart</name>
        <message>
            <source>From the base value to the prediction: each bar is what one super-pixel adds or takes, with its standard error. Point at a bar, or use the arrow keys, to see its cell on the map.</source>
            <translation>De la valeur de base à la prédiction : chaque barre est ce qu'un superpixel ajoute ou retire, avec son erreur type. Désignez une barre, ou utilisez les flèches du clavier, pour voir sa cellule sur la carte.</translation>
        </message>
        <message>
            <source>Strongest contributions</source>
            <translation>Contributions les plus fortes</translation>
        </message>
        <message>
            <source>all others</source>
            <translation>toutes les autres</translation>
        </message>
        <message>
            <source>base</source>
            <translation>base</translation>
        </message>
        <message>
            <source>cell {}</source>
            <translation>cellule {}</translation>
        </message>
        <message>
            <source>in {}; whiskers: ± 1 standard error</source>
            <translation>en {} ; moustaches : ± 1 erreur type</translation>
        </message>
        <message>
            <source>prediction</source>
            <translation>prédiction</translation>
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
            <source>&amp;Hide by clicking</source>
            <translation>&amp;Masquer en cliquant</translation>
        </message>
        <message>
            <source>&amp;What if</source>
            <translation>&amp;Et si</translation>
        </message>
        <message>
            <source>Hidden cells: {}. Asking the model…</source>
            <translation>Cellules masquées : {}. Question au modèle…</translation>
        </message>
        <message>
            <source>Hide &amp;all</source>
            <translation>Tout m&amp;asquer</translation>
        </message>
        <message>
            <source>Hide cells and see at once what the model says then.</source>
            <translation>Masquez des cellules et voyez aussitôt ce que dit alors le modèle.</translation>
        </message>
        <message>
            <source>Hide every cell: the model then says the base value.</source>
            <translation>Masquer toutes les cellules : le modèle donne alors la valeur de base.</translation>
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
            <source>Hiding them took {:+.3f}; their contributions sum to {:+.3f}.</source>
            <translation>Les masquer a retiré {:+.3f} ; la somme de leurs contributions est {:+.3f}.</translation>
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
            <source>The model's answer</source>
            <translation>La réponse du modèle</translation>
        </message>
        <message>
            <source>While pressed, a click on a cell of the map, or on a bar, hides it from the model or shows it again.</source>
            <translation>Tant que le bouton est enfoncé, un clic sur une cellule de la carte, ou sur une barre, la masque au modèle ou la remontre.</translation>
        </message>
        <message>
            <source>{}({}) = {:.3f}; hidden cells: {} of {}; {:.3f} with all shown.</source>
            <translation>{}({}) = {:.3f} ; cellules masquées : {} sur {} ; {:.3f} si toutes sont montrées.</translation>
        </message>
    </context>
    <context>
        <name>Workbench</name>
        <message>
            <source>Choose a raster layer first.</source>
            <translation>Choisissez d'abord une couche raster.</translation>
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
            <source>Pixel</source>
            <translation>Pixel</translation>
        </message>
        <message>
            <source>Predicted slick</source>
            <translation>Nappe prédite</translation>
        </message>
        <message>
            <source>Preparing: {}</source>
            <translation>Préparation : {}</translation>
        </message>
        <message>
            <source>PyTorch is missing.</source>
            <translation>PyTorch manque.</translation>
        </message>
        <message>
            <source>Region</source>
            <translation>Région</translation>
        </message>
        <message>
            <source>The dock says how to get it.</source>
            <translation>Le panneau dit comment l'obtenir.</translation>
        </message>
        <message>
            <source>The project was closed; the running explanation was stopped.</source>
            <translation>Le projet a été fermé ; l'explication en cours a été arrêtée.</translation>
        </message>
        <message>
            <source>cancelled</source>
            <translation>annulé</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>échec</translation>
        </message>
        <message>
            <source>running</source>
            <translation>en cours</translation>
        </message>
        <message>
            <source>waiting</source>
            <translation>en attente</translation>
        </message>
        <message>
            <source>{:.0%} of the region lies outside the raster and was left out.</source>
            <translation>{:.0%} de la région est hors du raster et n'a pas été pris en compte.</translation>
        </message>
        <message>
            <source>{} {} on {}</source>
            <translation>{} {} sur {}</translation>
        </message>
        <message>
            <source>“{}” was removed meanwhile; its explanation is kept.</source>
            <translation>« {} » a été retirée entre-temps ; son explication est conservée.</translation>
        </message>
    </context>
    <context>
        <name>WorkerGroup</name>
        <message>
            <source>Always</source>
            <translation>Toujours</translation>
        </message>
        <message>
            <source>Automatically</source>
            <translation>Automatiquement</translation>
        </message>
        <message>
            <source>Evaluate in a &amp;worker process</source>
            <translation>Évaluer dans un &amp;processus séparé</translation>
        </message>
        <message>
            <source>In a process of their own models cannot take QGIS down with them; the values are the same. Automatically: only where PyTorch cannot be loaded into QGIS, or has ended it when it was.</source>
            <translation>Dans un processus à eux, les modèles ne peuvent pas entraîner QGIS dans leur chute ; les valeurs sont les mêmes. Automatiquement : seulement là où PyTorch ne peut pas être chargé dans QGIS, ou l'a arrêté en se chargeant.</translation>
        </message>
        <message>
            <source>Never</source>
            <translation>Jamais</translation>
        </message>
        <message>
            <source>QGIS ended while PyTorch was being loaded into it, so models run in a worker process. If that had another reason, choose “Never” for one run, then “Automatically” again.</source>
            <translation>QGIS s'est arrêté pendant le chargement de PyTorch ; les modèles tournent donc dans un processus séparé. Si cela avait une autre cause, choisissez « Jamais » pour un calcul, puis de nouveau « Automatiquement ».</translation>
        </message>
        <message>
            <source>Where models run</source>
            <translation>Où tournent les modèles</translation>
        </message>
    </context>
</TS>
